// Sums over channels in double, as on the CPU: of each block, and the second kernel's of all.
#pragma once

#include "pack.cuh"

namespace act::cuda {

inline constexpr std::uint32_t warp_size = 32;
inline constexpr std::uint32_t warps_per_block = threads_per_block / warp_size;

// The sum over the block's threads, in its first one.
__device__ inline double sum_of_block(double sum) {
  __shared__ double of_warp[warps_per_block];
#pragma unroll
  for (std::uint32_t apart = warp_size / 2; apart > 0; apart /= 2) {
    sum += __shfl_down_sync(0xffffffffu, sum, apart);
  }
  if (threadIdx.x % warp_size == 0) of_warp[threadIdx.x / warp_size] = sum;
  __syncthreads();
  if (threadIdx.x == 0) {
    for (std::uint32_t warp = 1; warp < warps_per_block; ++warp) sum += of_warp[warp];
  }
  return sum;
}

// The second kernel's block adds the sums of one channel: of each `step` sums, `run` belong to it.
struct SumLayout {
  std::int64_t count, run, step;
};

template <class Stored>
__global__ void __launch_bounds__(threads_per_block)
    add_sums(const double* sums, Stored* gradient, const __grid_constant__ SumLayout layout) {
  const double* of_channel = sums + blockIdx.x * layout.run;
  double sum = 0;
  for (std::int64_t i = threadIdx.x; i < layout.count; i += threads_per_block) {
    sum += of_channel[i / layout.run * layout.step + i % layout.run];
  }
  sum = sum_of_block(sum);
  if (threadIdx.x == 0) gradient[blockIdx.x] = from_opmath<Stored>(opmath_t<Stored>(sum));
}

template <class Stored>
cudaError_t launch_add_sums(const double* sums, char* gradient, std::int64_t channels,
                            const SumLayout& layout, cudaStream_t stream) {
  if (channels == 0) return cudaSuccess;
  if (channels > most_blocks) return cudaErrorInvalidConfiguration;
  add_sums<<<static_cast<std::uint32_t>(channels), threads_per_block, 0, stream>>>(
      sums, reinterpret_cast<Stored*>(gradient), layout);
  return cudaGetLastError();
}

// Into how many parts a channel's (or a tile's) work is cut: blocks for several waves on every GPU,
// and not more than there is work for.
inline std::int64_t count_parts(std::int64_t others, std::int64_t work) {
  constexpr std::int64_t enough_blocks = 4096;
  const std::int64_t wanted = enough_blocks / others;
  const std::int64_t parts = wanted < work ? wanted : work;
  return parts < 1 ? 1 : parts;
}

}  // namespace act::cuda
