#include "checks.h"

#include <ATen/core/Formatting.h>

#include <cmath>

namespace act {

void check_floating_point(const char* op, const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kFloat:
    case at::kDouble:
    case at::kBFloat16:
    case at::kHalf:
      return;
    default:
      TORCH_CHECK(false, "act::", op,
                  ": expected a tensor of torch.float32, torch.float64, torch.bfloat16 or "
                  "torch.float16, got ",
                  tensor.scalar_type());
  }
}

void check_same(const char* op, const char* name, const at::Tensor& tensor,
                const at::Tensor& self) {
  TORCH_CHECK(tensor.scalar_type() == self.scalar_type(), "act::", op, ": expected ", name,
              " to have the dtype of the input, ", self.scalar_type(), ", got ",
              tensor.scalar_type());
  TORCH_CHECK(tensor.device() == self.device(), "act::", op, ": expected ", name,
              " to be on the device of the input, ", self.device(), ", got ", tensor.device());
  TORCH_CHECK(tensor.sym_sizes() == self.sym_sizes(), "act::", op, ": expected ", name,
              " to have the shape of the input, ", self.sym_sizes(), ", got ", tensor.sym_sizes());
}

void check_out(const char* op, const at::Tensor& out, const at::Tensor& self) {
  TORCH_CHECK(out.scalar_type() == self.scalar_type(), "act::", op, ": expected out to have dtype ",
              self.scalar_type(), ", got ", out.scalar_type());
  TORCH_CHECK(out.device() == self.device(), "act::", op, ": expected out to be on ", self.device(),
              ", got ", out.device());
}

void check_prelu(const at::Tensor& self, const at::Tensor& weight) {
  check_floating_point("prelu", self);
  TORCH_CHECK(weight.scalar_type() == self.scalar_type(),
              "act::prelu: expected weight to have the dtype of the input, ", self.scalar_type(),
              ", got ", weight.scalar_type());
  TORCH_CHECK(weight.device() == self.device(),
              "act::prelu: expected weight to be on the device of the input, ", self.device(),
              ", got ", weight.device());
  TORCH_CHECK(weight.dim() <= 1,
              "act::prelu: expected weight to have 0 or 1 dimensions, got shape ",
              weight.sym_sizes());
  if (weight.dim() == 0 || weight.sym_size(0) == 1) return;
  TORCH_CHECK(self.dim() > 0,
              "act::prelu: expected one weight for an input without dimensions, got ",
              weight.sym_size(0));
  const c10::SymInt channels = self.dim() > 1 ? self.sym_size(1) : c10::SymInt(1);
  TORCH_CHECK(weight.sym_size(0) == channels, "act::prelu: expected 1 or ", channels,
              " weights, one for each channel (dimension 1) of an input of shape ",
              self.sym_sizes(), ", got ", weight.sym_size(0));
}

SlopeBounds check_rrelu_bounds(const at::Scalar& lower, const at::Scalar& upper) {
  TORCH_CHECK(!lower.isComplex() && !upper.isComplex(),
              "act::rrelu: expected lower and upper to be real numbers, got ", lower, " and ",
              upper);
  const SlopeBounds bounds{lower.toDouble(), upper.toDouble()};
  TORCH_CHECK_VALUE(
      bounds.lower <= bounds.upper && std::isfinite(bounds.lower) && std::isfinite(bounds.upper),
      "act::rrelu: expected finite lower <= upper, got lower=", bounds.lower,
      ", upper=", bounds.upper);
  return bounds;
}

void check_philox_state(const at::Tensor& state) {
  TORCH_CHECK(state.scalar_type() == at::kLong && state.dim() == 1 && state.sym_size(0) == 2,
              "act::rrelu: expected philox_state to hold two int64 (seed, offset), got ",
              state.scalar_type(), " of shape ", state.sym_sizes());
}

}  // namespace act
