// The derivatives of gated activations, y = other · f(gate), made of differentiable ops: all higher
// orders follow from them.
#pragma once

#include "../gated_arguments.h"

namespace act::autograd {

// One call, and products with its derivatives. What the halves are multiplied by, a direction, may
// be undefined for either: then it is 0, and so is an undefined result. Half types are computed in
// float32; so are the results, until they are rounded.
class GatedPoint {
 public:
  GatedPoint(const BoundFormula&, const at::Tensor& gate, const at::Tensor& other);

  // of_gate · ∂y/∂gate + of_other · ∂y/∂other: the tangent of y, where the direction is the
  // halves'.
  at::Tensor directional(const Halves& direction) const;

  // grad_output · ∂y/∂gate and grad_output · ∂y/∂other.
  Halves gradients(const at::Tensor& grad_output) const;

  // The derivatives of grad_output · directional(direction). As the order of derivatives does not
  // matter, this is also the change of gradients(grad_output) along the direction.
  Halves second_derivatives(const at::Tensor& grad_output, const Halves& direction) const;

  // The tangents of gradients(grad_output).
  Halves tangents_of_gradients(const at::Tensor& grad_output, const at::Tensor& grad_tangent,
                               const Halves& tangents) const;

  at::Tensor rounded(const at::Tensor& result) const;
  Halves rounded(const Halves& results) const;

 private:
  BoundFormula formula_;
  at::Tensor gate_, other_;
  at::ScalarType dtype_;
};

// What halves() takes apart.
at::Tensor joined(const BoundGate& gate, const Halves& halves);

}  // namespace act::autograd
