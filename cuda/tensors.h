// From tensors to what launchers take.
#pragma once

#include <ATen/TensorIterator.h>
#include <ATen/cuda/EmptyTensor.h>
#include <ATen/ops/empty_like.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include "../csrc/tensors.h"
#include "operands.h"

namespace act::cuda {

inline cudaStream_t current_stream() { return c10::cuda::getCurrentCUDAStream(); }

// A new tensor with the layout of `self` (dense in the same order of dimensions where self has
// gaps).
inline at::Tensor empty_result(const at::Tensor& self) {
  if (!self.is_non_overlapping_and_dense()) return at::empty_like(self);
  return at::Tensor(at::detail::empty_strided_cuda(self.sizes(), self.strides(), self.options()));
}

// The operands (results first) in the reordered and coalesced dimensions of at::TensorIterator.
inline Operands operands_of(at::TensorList results, at::TensorList inputs) {
  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).check_all_same_dtype(false).resize_outputs(false);
  for (const at::Tensor& result : results) config.add_output(result);
  for (const at::Tensor& input : inputs) config.add_const_input(input);
  const at::TensorIterator iterator = config.build();
  TORCH_CHECK(iterator.ndim() <= max_dims, "act: expected at most ", max_dims,
              " dimensions on a CUDA device, got ", iterator.ndim());
  Operands operands;
  operands.count = iterator.ntensors();
  operands.dims = iterator.ndim();
  for (int d = 0; d < operands.dims; ++d) {
    operands.sizes[d] = iterator.shape()[d];
    for (int k = 0; k < operands.count; ++k) operands.strides[d][k] = iterator.strides(k)[d];
  }
  for (int k = 0; k < operands.count; ++k) {
    operands.data[k] = static_cast<char*>(iterator.data_ptr(k));
  }
  return operands;
}

inline char* data_of(const at::Tensor& result) {
  return static_cast<char*>(result.mutable_data_ptr());
}
inline const char* const_data_of(const at::Tensor& input) {
  return static_cast<const char*>(input.const_data_ptr());
}

}  // namespace act::cuda
