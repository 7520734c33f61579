// The team of threads that computes one row, and what it adds up together.
#pragma once

#include "row_plan.h"

namespace act::cuda {

template <class Value>
__device__ Value shuffle_xor(Value value, int distance) {
  constexpr int words = sizeof(Value) / sizeof(std::uint32_t);
  std::uint32_t word[words];
  __builtin_memcpy(word, &value, sizeof(Value));
#pragma unroll
  for (int i = 0; i < words; ++i) word[i] = __shfl_xor_sync(0xffffffffu, word[i], distance);
  __builtin_memcpy(&value, word, sizeof(Value));
  return value;
}

// The values of all lanes combined, the same tree whatever the layout: lanes half the team apart
// first. The whole block calls it, and not twice for the same Value: it would need a barrier more.
template <class Value, class Combine>
__device__ Value combine_lanes(Value value, Combine combine) {
  constexpr int warp = 32;
  __shared__ Value parts[max_threads];
  const int columns = static_cast<int>(blockDim.x), lanes = static_cast<int>(blockDim.y);
  const int lane = static_cast<int>(threadIdx.y);
  const int team = static_cast<int>(threadIdx.z) * lanes;
  if (columns == 1) {
    for (int distance = (lanes < warp ? lanes : warp) / 2; distance > 0; distance /= 2) {
      value = combine(value, shuffle_xor(value, distance));
    }
    if (lanes <= warp) return value;
    const int first = team / warp, last = (team + lanes) / warp;
    if (lane % warp == 0) parts[(team + lane) / warp] = value;
    __syncthreads();
    value = parts[first];
    for (int other = first + 1; other < last; ++other) value = combine(value, parts[other]);
    return value;
  }
  if (lanes == 1) return value;
  Value* const mine = parts + (team + lane) * columns + threadIdx.x;
  *mine = value;
  for (int distance = lanes / 2; distance > 0; distance /= 2) {
    __syncthreads();
    if (lane < distance) {
      value = combine(value, mine[distance * columns]);
      *mine = value;
    }
  }
  __syncthreads();
  return parts[team * columns + threadIdx.x];
}

}  // namespace act::cuda
