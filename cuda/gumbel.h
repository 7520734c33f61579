// The launcher of gumbel_softmax's noise, which is that of the CPU for the same Philox state.
#pragma once

#include <act/elementary/philox.h>
#include <act/storage.h>
#include <cuda_runtime_api.h>

namespace act::cuda {

// out = x + noise: `size` elements in row-major order without gaps, float32 or float64. The tensor
// consists of samples of so many elements each, with a state of their own, on the device; within
// one, an element's place counts.
struct AddGumbel {
  void* out;
  const void* x;
  std::int64_t size;
  const elementary::PhiloxState* states;
  std::int64_t elements_per_state;
};
cudaError_t add_gumbel(Storage, const AddGumbel&, cudaStream_t);

}  // namespace act::cuda
