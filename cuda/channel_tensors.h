// From tensors to what launchers over channels take.
#pragma once

#include <ATen/ops/empty.h>

#include "channel_backward.h"
#include "tensors.h"

namespace act::cuda {

// Whether the tensors lie in memory alike and without gaps, in which case a channel's elements are
// found without strides.
inline bool is_dense(const at::Tensor& result, std::initializer_list<at::Tensor> inputs) {
  bool dense = result.is_non_overlapping_and_dense();
  for (const at::Tensor& input : inputs) dense &= input.strides() == result.strides();
  return dense;
}

inline at::Tensor empty_sums(int64_t count, const at::Tensor& self) {
  return at::empty({count}, self.options().dtype(at::kDouble));
}

inline StridedChannelBackward strided_channel_backward(const at::Tensor& grad_input,
                                                       const at::Tensor& grad_output,
                                                       const at::Tensor& x,
                                                       const ChannelValues& values, int64_t dim) {
  const auto stride = [&](const at::Tensor& tensor) {
    return tensor.stride(dim) * static_cast<int64_t>(tensor.element_size());
  };
  return {operands_of({grad_input.select(dim, 0)}, {grad_output.select(dim, 0), x.select(dim, 0)}),
          {stride(grad_input), stride(grad_output), stride(x)},
          values};
}

}  // namespace act::cuda
