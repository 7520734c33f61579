// Where rrelu's slopes on the device come from: Philox states drawn from torch's CUDA generator.
#pragma once

#include <act/elementary/philox.h>
#include <cuda_runtime_api.h>

#include <cstdint>

namespace act::cuda {

// What the generator hands out: its seed and offset, or, while a graph is captured, where they will
// be found at each replay, and the offset within the graph.
struct GeneratorState {
  std::uint64_t seed;
  std::uint64_t offset;
  const std::int64_t* seed_at_replay;
  const std::int64_t* offset_at_replay;
};

// The generator must advance its offset by so much for each draw.
inline constexpr std::uint64_t philox_increment = 4;

// One seed for the whole batch, whose states differ by their offset.
cudaError_t draw_philox_states(const GeneratorState&, elementary::PhiloxState* states,
                               std::int64_t count, cudaStream_t);

}  // namespace act::cuda
