#pragma once

#include <ATen/EmptyTensor.h>

namespace at::detail {

inline TensorBase empty_strided_cuda(IntArrayRef sizes, IntArrayRef strides,
                                     const TensorOptions& options) {
  return empty_strided_cpu(sizes, strides, options);
}

inline TensorBase empty_cuda(IntArrayRef sizes, const TensorOptions& options) {
  return empty_cpu(sizes, options);
}

}  // namespace at::detail
