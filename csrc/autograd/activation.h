// An activation that is known only at run time, as differentiable functions of tensors: of these
// the higher orders are composed of the ops that compute an activation and something else beside
// it. So their second derivatives are those of the pointwise ops.
#pragma once

#include <torch/csrc/dynamo/compiled_autograd.h>

#include "../pointwise_ops.h"

namespace act::autograd {

// f(x), by the op act::<name>, which saves x: from a rounded f(x) derivatives lose their digits in
// saturation, and the second ones beside their zeros.
at::Tensor activation_value(const BoundFormula&, const at::Tensor& x);

// grad_output · f′(x), by act::<name>_backward; what was saved is x, or f(x) where is_result says
// so.
at::Tensor activation_backward(const BoundFormula&, const at::Tensor& grad_output,
                               const at::Tensor& saved, bool is_result = false);

// grad_grad_input · grad_output · f″(x), by act::<name>_double_backward.
at::Tensor activation_double_backward(const BoundFormula&, const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& saved,
                                      bool is_result = false);

// The parameters as the argument `parameters` of an op.
c10::SmallVector<double, 2> parameters_of(const BoundFormula&);

// A formula as a part of what a node's result depends on.
void collect_into(torch::dynamo::autograd::CompiledNodeArgs&, const BoundFormula&);

// In the type that kernels compute in: what is composed is rounded to a half type only once, too.
at::Tensor widened(const at::Tensor&);

}  // namespace act::autograd
