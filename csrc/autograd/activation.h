// An activation that is known only at run time, as differentiable functions of tensors: of these
// the higher orders are composed of the ops that compute an activation and something else beside
// it. So their second derivatives are those of the pointwise ops.
#pragma once

#include "../pointwise_ops.h"

namespace act::autograd {

// f(x), by the op act::<name>.
at::Tensor activation_value(const BoundFormula&, const at::Tensor& x);

// grad_output · f′(x), by act::<name>_backward; what was saved is x, or f(x) where is_result says
// so.
at::Tensor activation_backward(const BoundFormula&, const at::Tensor& grad_output,
                               const at::Tensor& saved, bool is_result = false);

// The parameters as the argument `parameters` of an op.
c10::SmallVector<double, 2> parameters_of(const BoundFormula&);

// In the type that kernels compute in: what is composed is rounded to a half type only once, too.
at::Tensor widened(const at::Tensor&);

}  // namespace act::autograd
