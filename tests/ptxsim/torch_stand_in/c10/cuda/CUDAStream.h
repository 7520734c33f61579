// The simulated device has one stream. It isn't the default one: a launch that forgot it shows.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace c10::cuda {

struct CUDAStream {
  operator cudaStream_t() const { return stream(); }
  cudaStream_t stream() const { return reinterpret_cast<cudaStream_t>(std::uintptr_t{0x57}); }
};

inline CUDAStream getCurrentCUDAStream() { return {}; }

}  // namespace c10::cuda
