// Values of single channels as an operand of a whole tensor's shape: what broadcast_weight.h gives,
// without its two view ops. The dispatcher's share of them is more than a kernel takes for a
// thousand elements.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/as_strided_native.h>

namespace act::cpu {

// One value for each index of dimension `dim` of self.
inline at::Tensor channel_operand(const at::Tensor& values, const at::Tensor& self, int64_t dim) {
  at::DimVector strides(static_cast<std::size_t>(self.dim()), 0);
  strides[static_cast<std::size_t>(dim)] = values.stride(0);
  return at::native::as_strided_tensorimpl(values, self.sizes(), strides);
}

// prelu's weight: one value, or one for each channel, dimension 1.
inline at::Tensor weight_operand(const at::Tensor& weight, const at::Tensor& self) {
  if (weight.numel() != 1) return channel_operand(weight, self, self.dim() > 1 ? 1 : 0);
  const at::DimVector strides(static_cast<std::size_t>(self.dim()), 0);
  return at::native::as_strided_tensorimpl(weight, self.sizes(), strides);
}

}  // namespace act::cpu
