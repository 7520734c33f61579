#include "philox_state.h"

namespace act::cuda {
namespace {

constexpr int threads = 256;
constexpr int most_blocks = 1024;

// The seed is drawn, as on the CPU: the generator's own would make the slopes those numbers that
// torch's kernels draw from the same generator. Their subsequences count threads; ours is the last,
// which none of them reaches.
__device__ std::uint64_t draw_seed(std::uint64_t seed, std::uint64_t offset) {
  const std::uint64_t block = offset / philox_increment;
  const auto words = elementary::philox4x32(
      {{std::uint32_t(block), std::uint32_t(block >> 32), 0xffffffffu, 0xffffffffu}},
      std::uint32_t(seed), std::uint32_t(seed >> 32));
  return (std::uint64_t(words.word[1]) << 32) | words.word[0];
}

__global__ void __launch_bounds__(threads)
    draw(GeneratorState generator, elementary::PhiloxState* states, std::int64_t count) {
  if (generator.seed_at_replay != nullptr) {
    generator.seed = std::uint64_t(*generator.seed_at_replay);
    generator.offset += std::uint64_t(*generator.offset_at_replay);
  }
  const std::uint64_t seed = draw_seed(generator.seed, generator.offset);
  const std::int64_t step = std::int64_t(gridDim.x) * threads;
  for (std::int64_t k = std::int64_t(blockIdx.x) * threads + threadIdx.x; k < count; k += step) {
    states[k] = {seed, std::uint64_t(k)};
  }
}

}  // namespace

cudaError_t draw_philox_states(const GeneratorState& generator, elementary::PhiloxState* states,
                               std::int64_t count, cudaStream_t stream) {
  if (count == 0) return cudaSuccess;
  const std::int64_t blocks = (count + threads - 1) / threads;
  draw<<<unsigned(blocks < most_blocks ? blocks : most_blocks), threads, 0, stream>>>(
      generator, states, count);
  return cudaGetLastError();
}

}  // namespace act::cuda
