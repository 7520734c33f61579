#include "gated_derivatives.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/stack.h>

#include "activation.h"
#include "node.h"

namespace act::autograd {

GatedPoint::GatedPoint(const BoundFormula& formula, const at::Tensor& gate, const at::Tensor& other)
    : formula_(formula), gate_(widened(gate)), other_(widened(other)), dtype_(gate.scalar_type()) {}

at::Tensor GatedPoint::directional(const Halves& direction) const {
  at::Tensor sum;
  if (direction.gate.defined()) {
    sum = activation_backward(formula_, at::mul(widened(direction.gate), other_), gate_);
  }
  if (direction.other.defined()) {
    const at::Tensor value = activation_value(formula_, gate_);
    sum = add_defined(sum, at::mul(widened(direction.other), value));
  }
  return sum;
}

Halves GatedPoint::gradients(const at::Tensor& grad_output) const {
  const at::Tensor g = widened(grad_output);
  return {activation_backward(formula_, at::mul(g, other_), gate_),
          at::mul(g, activation_value(formula_, gate_))};
}

Halves GatedPoint::second_derivatives(const at::Tensor& grad_output,
                                      const Halves& direction) const {
  const at::Tensor g = widened(grad_output);
  Halves result;
  if (direction.gate.defined()) {
    const at::Tensor u = widened(direction.gate);
    result.gate = activation_double_backward(formula_, at::mul(u, other_), g, gate_);
    result.other = activation_backward(formula_, at::mul(u, g), gate_);
  }
  if (direction.other.defined()) {
    const at::Tensor term =
        activation_backward(formula_, at::mul(widened(direction.other), g), gate_);
    result.gate = add_defined(result.gate, term);
  }
  return result;
}

Halves GatedPoint::tangents_of_gradients(const at::Tensor& grad_output,
                                         const at::Tensor& grad_tangent,
                                         const Halves& tangents) const {
  Halves result = second_derivatives(grad_output, tangents);
  if (grad_tangent.defined()) {
    const Halves along = gradients(grad_tangent);
    result = {add_defined(result.gate, along.gate), add_defined(result.other, along.other)};
  }
  return result;
}

at::Tensor GatedPoint::rounded(const at::Tensor& result) const {
  return result.defined() ? result.to(dtype_) : result;
}

Halves GatedPoint::rounded(const Halves& results) const {
  return {rounded(results.gate), rounded(results.other)};
}

at::Tensor joined(const BoundGate& gate, const Halves& halves) {
  const int64_t dim = wrap_dim(gate.op, gate.dim, halves.gate.dim());
  switch (gate.layout) {
    case GateLayout::first:
      return at::cat({halves.gate, halves.other}, dim);
    case GateLayout::second:
      return at::cat({halves.other, halves.gate}, dim);
    case GateLayout::interleaved:
      break;
  }
  return at::stack({halves.gate, halves.other}, dim + 1).flatten(dim, dim + 1);
}

}  // namespace act::autograd
