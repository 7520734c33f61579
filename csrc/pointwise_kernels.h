// The pointwise ops of a device: checks and results, which are the same everywhere.
//
// Device has: Guard, held while tensors are made and kernels called; empty_result(self), a new
// tensor with the layout of self; and run(BoundFormula, Pointwise, Saved, std::array of the result
// and what it is computed from).
#pragma once

#include <act/gradient.h>

#include <array>

#include "checks.h"
#include "pointwise_ops.h"
#include "tensors.h"

namespace act {

template <class Device, class Op>
struct PointwiseKernels;

template <class Device, int index, class... P, class... E>
struct PointwiseKernels<Device, PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  static constexpr const char* op = Activations::declarations[index]->name;

  // What a backward reads: is_result, where the op has that argument, says that it is the output.
  static Saved kind(E... is_result) { return (is_result || ...) ? Saved::output : Saved::input; }

  static at::Tensor value(const at::Tensor& self, P... parameters) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, self);
    const typename Device::Guard guard(self.device());
    at::Tensor result = Device::empty_result(self);
    Device::run(formula, Pointwise::value, Saved::input, std::array{result, self});
    return result;
  }

  static at::Tensor& in_place(at::Tensor& self, P... parameters) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, self);
    at::assert_no_internal_overlap(self);
    const typename Device::Guard guard(self.device());
    Device::run(formula, Pointwise::value, Saved::input, std::array{self, self});
    return self;
  }

  static at::Tensor& out(const at::Tensor& self, P... parameters, at::Tensor& result) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, self);
    check_out(op, result, self);
    const typename Device::Guard guard(self.device());
    prepare_out(result, {self});
    Device::run(formula, Pointwise::value, Saved::input, std::array{result, self});
    return result;
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E... is_result) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, saved);
    check_same(op, "grad_output", grad_output, saved);
    const typename Device::Guard guard(saved.device());
    at::Tensor grad_input = Device::empty_result(saved);
    Device::run(formula, Pointwise::backward, kind(is_result...),
                std::array{grad_input, grad_output, saved});
    return grad_input;
  }

  static at::Tensor double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E... is_result) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, saved);
    check_same(op, "grad_grad_input", grad_grad_input, saved);
    check_same(op, "grad_output", grad_output, saved);
    const typename Device::Guard guard(saved.device());
    at::Tensor result = Device::empty_result(saved);
    Device::run(formula, Pointwise::double_backward, kind(is_result...),
                std::array{result, grad_grad_input, grad_output, saved});
    return result;
  }
};

}  // namespace act
