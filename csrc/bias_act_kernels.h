// Bias and activation on a device: checks and results, which are the same everywhere.
//
// Device has: has_memory, whether tensors can overlap; Guard, held while tensors are made and
// kernels called; empty_result(self), a new tensor with the layout of self; resize(out, like);
// value(BoundBiasAct, result, self, bias); and backward(BoundBiasAct, Saved, grad_input, grad_bias,
// grad_output, saved, bias).
#pragma once

#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "bias_act_arguments.h"
#include "tensors.h"

namespace act {

template <class Device>
struct BiasActKernelsOf {
  using Tensor = at::Tensor;

  static Tensor value(const Tensor& self, const Tensor& bias, std::string_view activation,
                      int64_t dim, at::ArrayRef<double> parameters) {
    const BoundBiasAct bound = bind_bias_act("bias_act", self, bias, activation, dim, parameters);
    const typename Device::Guard guard(self.device());
    const Tensor result = Device::empty_result(self);
    Device::value(bound, result, self, bias);
    return result;
  }

  static Tensor& out(const Tensor& self, const Tensor& bias, std::string_view activation,
                     int64_t dim, at::ArrayRef<double> parameters, Tensor& result) {
    const BoundBiasAct bound = bind_bias_act("bias_act", self, bias, activation, dim, parameters);
    check_out("bias_act", result, self);
    const typename Device::Guard guard(self.device());
    Device::resize(result, self);
    if constexpr (Device::has_memory) {
      at::assert_no_internal_overlap(result);
      at::assert_no_partial_overlap(result, self);
      at::assert_no_overlap(result, bias);
    }
    Device::value(bound, result, self, bias);
    return result;
  }

  static std::tuple<Tensor, Tensor> backward(const Tensor& grad_output, const Tensor& saved,
                                             const Tensor& bias, std::string_view activation,
                                             int64_t dim, at::ArrayRef<double> parameters,
                                             bool is_result) {
    constexpr const char* op = "bias_act_backward";
    const BoundBiasAct bound = bind_bias_act(op, saved, bias, activation, dim, parameters);
    const Saved kind = check_is_result(op, bound.formula, saved.scalar_type(), is_result);
    check_same(op, "grad_output", grad_output, saved);
    const typename Device::Guard guard(saved.device());
    const Tensor grad_input = Device::empty_result(saved);
    const Tensor grad_bias = at::empty_like(bias, at::MemoryFormat::Contiguous);
    Device::backward(bound, kind, grad_input, grad_bias, grad_output, saved, bias);
    return {grad_input, grad_bias};
  }

  static void implement(torch::Library& m) {
    m.impl("bias_act", &value);
    m.impl("bias_act.out", &out);
    m.impl("bias_act_backward", &backward);
  }
};

}  // namespace act
