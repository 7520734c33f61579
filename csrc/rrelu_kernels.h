// rrelu in training on a device: checks and results, which are the same everywhere.
//
// Device has: Guard, held while tensors are made and kernels called; empty_result(self, dtype), a
// new tensor with the layout of self; and, with the bounds of the slopes that state gives,
// value(result, self, state, bounds), backward(grad_input, grad_output, saved, state, bounds) and
// value_and_slopes(result, slopes, self, state, bounds), of which last the slopes are what
// backward_from_slopes(grad_input, grad_output, slopes) multiplies by.
#pragma once

#include <torch/library.h>

#include "checks.h"
#include "tensors.h"

namespace act {

template <class Device>
struct RreluKernelsOf {
  using Tensor = at::Tensor;
  using Scalar = at::Scalar;
  using Guard = typename Device::Guard;

  static Tensor value(const Tensor& self, const Tensor& state, const Scalar& lower,
                      const Scalar& upper) {
    const ParameterValues bounds = check_rrelu(self, state, lower, upper);
    const Guard guard(self.device());
    Tensor result = empty_result(self);
    Device::value(result, self, state, bounds);
    return result;
  }

  static Tensor& in_place(Tensor& self, const Tensor& state, const Scalar& lower,
                          const Scalar& upper) {
    const ParameterValues bounds = check_rrelu(self, state, lower, upper);
    at::assert_no_internal_overlap(self);
    const Guard guard(self.device());
    Device::value(self, self, state, bounds);
    return self;
  }

  static Tensor& out(const Tensor& self, const Tensor& state, const Scalar& lower,
                     const Scalar& upper, Tensor& result) {
    const ParameterValues bounds = check_rrelu(self, state, lower, upper);
    check_out("rrelu", result, self);
    const Guard guard(self.device());
    prepare_out(result, {self});
    Device::value(result, self, state, bounds);
    return result;
  }

  static Tensor backward(const Tensor& grad_output, const Tensor& saved, const Tensor& state,
                         const Scalar& lower, const Scalar& upper, bool is_result) {
    const ParameterValues bounds =
        check_rrelu_backward(grad_output, saved, state, lower, upper, is_result);
    const Guard guard(saved.device());
    Tensor grad_input = empty_result(saved);
    Device::backward(grad_input, grad_output, saved, state, bounds);
    return grad_input;
  }

  static std::tuple<Tensor, Tensor> with_slopes(const Tensor& self, const Tensor& state,
                                                const Scalar& lower, const Scalar& upper) {
    const ParameterValues bounds = check_rrelu(self, state, lower, upper);
    const Guard guard(self.device());
    Tensor result = empty_result(self);
    Tensor slopes = Device::empty_result(self, rrelu_slopes_dtype(self));
    Device::value_and_slopes(result, slopes, self, state, bounds);
    return {result, slopes};
  }

  static Tensor backward_from_slopes(const Tensor& grad_output, const Tensor& slopes) {
    check_rrelu_slopes(slopes, grad_output);
    const Guard guard(grad_output.device());
    Tensor grad_input = empty_result(grad_output);
    Device::backward_from_slopes(grad_input, grad_output, slopes);
    return grad_input;
  }

  static void implement(torch::Library& m) {
    m.impl("rrelu_with_state", &value);
    m.impl("rrelu_with_state_", &in_place);
    m.impl("rrelu_with_state.out", &out);
    m.impl("rrelu_backward", &backward);
    m.impl("rrelu_with_slopes", &with_slopes);
    m.impl("rrelu_backward_from_slopes", &backward_from_slopes);
  }

 private:
  static Tensor empty_result(const Tensor& self) {
    return Device::empty_result(self, self.scalar_type());
  }
};

}  // namespace act
