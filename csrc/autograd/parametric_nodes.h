// The nodes of an op whose parameters are tensors. Its backward yields the gradients of the input
// and of all parameters in one pass; the backward's own derivatives are composed.
#pragma once

#include "compilable_node.h"
#include "parametric_derivatives.h"

namespace act::autograd {

template <class Op>
using SavedParameters = std::array<SavedVariable, Op::tensors>;

template <class Op>
typename Op::Parameters unpacked(const SavedParameters<Op>& saved) {
  typename Op::Parameters result;
  for (std::size_t k = 0; k < Op::tensors; ++k) result[k] = saved[k].unpack();
  return result;
}

template <class Op>
struct ParametricBackward : CompilableNode<ParametricBackward<Op>> {
  SavedVariable self;
  SavedParameters<Op> parameters;
  ParameterValues scalars;

  SavedTensors saved_tensors() {
    return std::apply(
        [&](auto&... parameter) { return SavedTensors{{self, false}, {parameter, false}...}; },
        parameters);
  }
  auto constants() { return std::tie(scalars.first, scalars.second); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    if (!grads[0].defined()) return variable_list(1 + Op::tensors);
    auto gradients = Op::call_backward(grads[0], self.unpack(), unpacked<Op>(parameters), scalars);
    variable_list result =
        std::apply([](const auto&... gradient) { return variable_list{gradient...}; }, gradients);
    return this->wanted(std::move(result));
  }
  std::string name() const override {
    return std::string("Act::") + Op::declaration.name + "_backward";
  }
};

// Of (g, x, parameters) → (g·∂f/∂x, Σ g·∂f/∂parameter …).
template <class Op>
struct ParametricDoubleBackward : CompilableNode<ParametricDoubleBackward<Op>> {
  SavedVariable grad_output;
  SavedVariable self;
  SavedParameters<Op> parameters;
  ParameterValues scalars;

  SavedTensors saved_tensors() {
    return std::apply(
        [&](auto&... parameter) {
          return SavedTensors{{grad_output, false}, {self, false}, {parameter, false}...};
        },
        parameters);
  }
  auto constants() { return std::tie(scalars.first, scalars.second); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    const at::Tensor x = self.unpack();
    const typename Op::Parameters p = unpacked<Op>(parameters);
    const ParametricPoint<Op> point(x, p, scalars);
    typename ParametricPoint<Op>::PerArgument direction;
    for (int k = 0; k < point.arguments; ++k) {
      if (grads[k].defined()) direction[k] = point.spread(grads[k], k);
    }

    variable_list result(2 + Op::tensors);
    const at::Tensor of_gradient = point.directional(direction);
    if (of_gradient.defined()) result[0] = point.gathered(of_gradient, 0);
    const at::Tensor g = point.spread(grad_output.unpack(), 0);
    const auto derivatives = point.directional_derivatives(direction);
    for (int k = 0; k < point.arguments; ++k) {
      if (derivatives[k].defined()) result[1 + k] = point.gathered(g * derivatives[k], k);
    }
    variable_list inputs{x, x};
    inputs.insert(inputs.end(), p.begin(), p.end());
    return this->wanted(std::move(result), inputs);
  }
  std::string name() const override {
    return std::string("Act::") + Op::declaration.name + "_double_backward";
  }
};

}  // namespace act::autograd
