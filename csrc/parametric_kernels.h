// The ops whose parameters are tensors, on a device: checks and results, which are the same
// everywhere.
//
// Device has: Guard, held while tensors are made and kernels called; empty_result(self), a new
// tensor with the layout of self; run(formula, scalars, result, self, parameters); and
// run_backward(formula, scalars, grad_input, grad_output, self, parameters, gradients), which fills
// grad_input and the parameters' gradients, contiguous tensors.
#pragma once

#include <ATen/ops/empty_like.h>

#include "parametric_ops.h"
#include "tensors.h"

namespace act {

template <class Device, class Op>
struct ParametricKernels;

template <class Device, template <class> class Formula, int index, class... W, class... P>
struct ParametricKernels<Device, ParametricOp<Formula, index, TypeList<W...>, TypeList<P...>>> {
  using Op = ParametricOp<Formula, index, TypeList<W...>, TypeList<P...>>;
  using Parameters = typename Op::Parameters;
  static constexpr const char* op = Op::declaration.name;

  static at::Tensor value(const at::Tensor& self, W... tensors, P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    Op::check(self, parameters);
    const typename Device::Guard guard(self.device());
    at::Tensor result = Device::empty_result(self);
    Device::run(index, scalars, result, self, parameters);
    return result;
  }

  static at::Tensor& in_place(at::Tensor& self, W... tensors, P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    Op::check(self, parameters);
    at::assert_no_internal_overlap(self);
    for (const at::Tensor& parameter : parameters) at::assert_no_overlap(self, parameter);
    const typename Device::Guard guard(self.device());
    Device::run(index, scalars, self, self, parameters);
    return self;
  }

  static at::Tensor& out(const at::Tensor& self, W... tensors, P... numbers, at::Tensor& result) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    Op::check(self, parameters);
    check_out(op, result, self);
    const typename Device::Guard guard(self.device());
    prepare_out(result, {self});
    for (const at::Tensor& parameter : parameters) at::assert_no_overlap(result, parameter);
    Device::run(index, scalars, result, self, parameters);
    return result;
  }

  static typename Op::Gradients backward(const at::Tensor& grad_output, const at::Tensor& self,
                                         W... tensors, P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    Op::check(self, parameters);
    check_same(op, "grad_output", grad_output, self);
    const typename Device::Guard guard(self.device());
    at::Tensor grad_input = Device::empty_result(self);
    Parameters gradients;
    for (std::size_t k = 0; k < Op::tensors; ++k) {
      gradients[k] = at::empty_like(parameters[k], at::MemoryFormat::Contiguous);
    }
    Device::run_backward(index, scalars, grad_input, grad_output, self, parameters, gradients);
    return std::tuple_cat(std::tuple(grad_input), std::tuple_cat(gradients));
  }
};

}  // namespace act
