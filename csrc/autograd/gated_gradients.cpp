#include "gated_gradients.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/stack.h>

#include "activation.h"
#include "node.h"

namespace act::autograd {

std::tuple<at::Tensor, at::Tensor> gated_gradients(const BoundFormula& formula,
                                                   const at::Tensor& grad_output,
                                                   const at::Tensor& gate,
                                                   const at::Tensor& other) {
  const at::Tensor g = widened(grad_output), x = widened(gate);
  const at::Tensor of_gate = activation_backward(formula, at::mul(g, widened(other)), x);
  const at::Tensor of_other = at::mul(g, activation_value(formula, x));
  return {of_gate.to(gate.scalar_type()), of_other.to(other.scalar_type())};
}

at::Tensor gated_tangent(const BoundFormula& formula, const at::Tensor& gate,
                         const at::Tensor& other, const at::Tensor& gate_tangent,
                         const at::Tensor& other_tangent) {
  const at::Tensor x = widened(gate);
  at::Tensor tangent;
  if (gate_tangent.defined()) {
    tangent = activation_backward(formula, at::mul(widened(gate_tangent), widened(other)), x);
  }
  if (other_tangent.defined()) {
    tangent = add_defined(tangent, at::mul(widened(other_tangent), activation_value(formula, x)));
  }
  return tangent.to(gate.scalar_type());
}

at::Tensor joined(const BoundGate& gate, const at::Tensor& of_gate, const at::Tensor& of_other) {
  const int64_t dim = wrap_dim(gate.op, gate.dim, of_gate.dim());
  switch (gate.layout) {
    case GateLayout::first:
      return at::cat({of_gate, of_other}, dim);
    case GateLayout::second:
      return at::cat({of_other, of_gate}, dim);
    case GateLayout::interleaved:
      break;
  }
  return at::stack({of_gate, of_other}, dim + 1).flatten(dim, dim + 1);
}

}  // namespace act::autograd
