// f‴ of every formula, made of torch's differentiable ops, so that all higher orders follow from
// it. A formula without one has f‴ = 0 wherever f is smooth.
#pragma once

#include "../pointwise_ops.h"

namespace act::autograd {

// product · f‴(saved), where saved is the input or, from_output, the output; then the derivative is
// taken as the function of the output that the backward op computes.
at::Tensor times_third_derivative(const at::Tensor& product, const BoundFormula& formula,
                                  const at::Tensor& saved, bool from_output);

}  // namespace act::autograd
