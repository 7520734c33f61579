// prelu's weight as an operand of its input's shape: stride 0 along all dimensions but the
// channel's.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace act {

inline at::Tensor broadcast_weight(const at::Tensor& weight, const at::Tensor& self) {
  if (weight.numel() == 1) return weight.reshape({}).expand(self.sizes());
  std::vector<int64_t> sizes(static_cast<std::size_t>(self.dim()), 1);
  sizes[self.dim() > 1 ? 1 : 0] = weight.numel();
  return weight.view(sizes).expand(self.sizes());
}

}  // namespace act
