#include <act/elementary/gumbel.h>

#include "gumbel.h"
#include "pack.cuh"

namespace act::cuda {
namespace {

// A thread's elements: those of one Philox group.
constexpr int group_size = 4;

template <class T, bool packs>
__global__ void __launch_bounds__(threads_per_block)
    add_gumbel_kernel(const __grid_constant__ AddGumbel data, const std::int64_t groups_per_state) {
  const std::int64_t thread = std::int64_t{blockIdx.x} * threads_per_block + threadIdx.x;
  const std::int64_t sample = thread / groups_per_state;
  const std::int64_t group = thread - sample * groups_per_state, place = group * group_size;
  const std::int64_t begin = sample * data.elements_per_state + place;
  if (begin >= data.size) return;

  const elementary::PhiloxState state = data.states[sample];
  const elementary::PhiloxWords words =
      elementary::philox_of_group(static_cast<std::uint64_t>(group), state.seed, state.offset);
  const T* x = static_cast<const T*>(data.x) + begin;
  T* out = static_cast<T*>(data.out) + begin;
  if constexpr (packs) {
    constexpr int width = lanes<T>;
#pragma unroll
    for (int i = 0; i < group_size; i += width) {
      auto pack = Pack<T, width>::load(x + i);
#pragma unroll
      for (int k = 0; k < width; ++k) pack.element[k] += elementary::gumbel<T>(words.word[i + k]);
      pack.store(out + i);
    }
  } else {
    const std::int64_t rest = data.elements_per_state - place;
#pragma unroll
    for (int i = 0; i < group_size; ++i) {
      if (i < rest) out[i] = x[i] + elementary::gumbel<T>(words.word[i]);
    }
  }
}

template <class T>
cudaError_t launch(const AddGumbel& data, cudaStream_t stream) {
  const std::int64_t groups_per_state = ceil_div(data.elements_per_state, group_size);
  const std::int64_t groups = data.size / data.elements_per_state * groups_per_state;
  const std::int64_t blocks = ceil_div(groups, threads_per_block);
  if (blocks > most_blocks) return cudaErrorInvalidConfiguration;
  const bool packs =
      data.elements_per_state % group_size == 0 && begins_pack(data.x) && begins_pack(data.out);
  const auto kernel = packs ? add_gumbel_kernel<T, true> : add_gumbel_kernel<T, false>;
  kernel<<<static_cast<std::uint32_t>(blocks), threads_per_block, 0, stream>>>(data,
                                                                               groups_per_state);
  return cudaGetLastError();
}

}  // namespace

cudaError_t add_gumbel(Storage storage, const AddGumbel& data, cudaStream_t stream) {
  if (data.size == 0) return cudaSuccess;
  return storage == Storage::float64 ? launch<double>(data, stream) : launch<float>(data, stream);
}

}  // namespace act::cuda
