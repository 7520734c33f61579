// prelu on a device: checks and results, which are the same everywhere.
//
// Device has: Guard, held while tensors are made and kernels called; empty_result(self), a new
// tensor with the layout of self; run(result, self, weight); and run_backward(grad_input,
// grad_weight, grad_output, self, weight), which fills grad_input and grad_weight, a contiguous
// tensor.
#pragma once

#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "checks.h"
#include "tensors.h"

namespace act {

template <class Device>
struct PreluKernelsOf {
  using Tensor = at::Tensor;
  using Guard = typename Device::Guard;

  static Tensor value(const Tensor& self, const Tensor& weight) {
    check_prelu(self, weight);
    const Guard guard(self.device());
    Tensor result = Device::empty_result(self);
    Device::run(result, self, weight);
    return result;
  }

  static Tensor& in_place(Tensor& self, const Tensor& weight) {
    check_prelu(self, weight);
    at::assert_no_internal_overlap(self);
    at::assert_no_overlap(self, weight);
    const Guard guard(self.device());
    Device::run(self, self, weight);
    return self;
  }

  static Tensor& out(const Tensor& self, const Tensor& weight, Tensor& result) {
    check_prelu(self, weight);
    check_out("prelu", result, self);
    at::assert_no_overlap(result, weight);
    const Guard guard(self.device());
    prepare_out(result, {self});
    Device::run(result, self, weight);
    return result;
  }

  static std::tuple<Tensor, Tensor> backward(const Tensor& grad_output, const Tensor& self,
                                             const Tensor& weight) {
    check_prelu(self, weight);
    check_same("prelu_backward", "grad_output", grad_output, self);
    const Guard guard(self.device());
    Tensor grad_input = Device::empty_result(self);
    Tensor grad_weight = at::empty_like(weight, at::MemoryFormat::Contiguous);
    Device::run_backward(grad_input, grad_weight, grad_output, self, weight);
    return {grad_input, grad_weight};
  }

  static void implement(torch::Library& m) {
    m.impl("prelu", &value);
    m.impl("prelu_", &in_place);
    m.impl("prelu.out", &out);
    m.impl("prelu_backward", &backward);
  }
};

}  // namespace act
