// The derivatives of gated activations, y = other · f(gate), composed of differentiable ops.
#pragma once

#include "../gated_arguments.h"

namespace act::autograd {

// Of y, by gate and other: what act::gated_pair_backward computes in one pass, and all its higher
// derivatives.
std::tuple<at::Tensor, at::Tensor> gated_gradients(const BoundFormula&,
                                                   const at::Tensor& grad_output,
                                                   const at::Tensor& gate, const at::Tensor& other);

// The tangent of y. The tangent of either may be undefined.
at::Tensor gated_tangent(const BoundFormula&, const at::Tensor& gate, const at::Tensor& other,
                         const at::Tensor& gate_tangent, const at::Tensor& other_tangent);

// What halves() takes apart.
at::Tensor joined(const BoundGate&, const at::Tensor& gate, const at::Tensor& other);

}  // namespace act::autograd
