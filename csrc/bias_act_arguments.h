// Bias and activation: what an op's arguments mean, for every dispatch key.
#pragma once

#include "checks.h"
#include "normalization.h"
#include "pointwise_ops.h"

namespace act {

// All arguments but the tensors, once they are checked.
struct BoundBiasAct {
  BoundFormula formula;
  int64_t dim;  // counted from the front
};

inline BoundBiasAct bind_bias_act(const char* op, const at::Tensor& self, const at::Tensor& bias,
                                  std::string_view activation, int64_t dim,
                                  at::ArrayRef<double> parameters) {
  const BoundFormula formula = find_activation(op, activation, parameters);
  check_floating_point(op, self);
  TORCH_CHECK(self.dim() > 0, "act::", op,
              ": expected a tensor with at least one dimension, got one without");
  dim = wrap_dim(op, dim, self.dim());
  TORCH_CHECK(bias.scalar_type() == self.scalar_type(), "act::", op,
              ": expected bias to have the dtype of the input, ", self.scalar_type(), ", got ",
              bias.scalar_type());
  TORCH_CHECK(bias.device() == self.device(), "act::", op,
              ": expected bias to be on the device of the input, ", self.device(), ", got ",
              bias.device());
  TORCH_CHECK(bias.dim() == 1 && bias.sym_size(0) == self.sym_size(dim), "act::", op,
              ": expected a bias of ", self.sym_size(dim),
              " numbers, one for each index of dimension ", dim, " of an input of shape ",
              self.sym_sizes(), ", got one of shape ", bias.sym_sizes());
  return {formula, dim};
}

// Whether the backward takes the derivative from the output, and can.
inline Saved check_is_result(const char* op, const BoundFormula& formula, at::ScalarType dtype,
                             bool is_result) {
  TORCH_CHECK_VALUE(!is_result || output_determines_derivative(formula, dtype), "act::", op,
                    ": the output of ", declaration_of(formula.index).name,
                    " does not give its derivative, expected is_result=False");
  return is_result ? Saved::output : Saved::input;
}

}  // namespace act
