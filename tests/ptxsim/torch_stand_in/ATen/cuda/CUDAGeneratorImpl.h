// The simulated device's generator: the CPU's seed, and an offset that counts for this process.
#pragma once

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/cuda/PhiloxCudaState.h>

namespace at {

// Any CPU generator is taken for one: nothing may be added to what a CPUGeneratorImpl holds.
struct CUDAGeneratorImpl : CPUGeneratorImpl {
  PhiloxCudaState philox_cuda_state(std::uint64_t increment) {
    static std::uint64_t offset = 0;
    const std::uint64_t drawn = offset;
    offset += increment;
    return {current_seed(), drawn};
  }
};

namespace cuda::detail {

inline const Generator& getDefaultCUDAGenerator(DeviceIndex) {
  return at::detail::getDefaultCPUGenerator();
}

}  // namespace cuda::detail

}  // namespace at
