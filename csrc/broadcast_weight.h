// Values of single channels as an operand of a whole tensor's shape: stride 0 along all dimensions
// but the channel's.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace act {

// One value for each index of dimension `dim` of self.
inline at::Tensor broadcast_along(const at::Tensor& values, const at::Tensor& self, int64_t dim) {
  std::vector<c10::SymInt> sizes(static_cast<std::size_t>(self.dim()), 1);
  sizes[static_cast<std::size_t>(dim)] = values.sym_size(0);
  return values.view_symint(sizes).expand_symint(self.sym_sizes());
}

// prelu's weight: one value, or one for each channel, dimension 1.
inline at::Tensor broadcast_weight(const at::Tensor& weight, const at::Tensor& self) {
  if (weight.numel() == 1) return weight.reshape({}).expand(self.sizes());
  return broadcast_along(weight, self, self.dim() > 1 ? 1 : 0);
}

}  // namespace act
