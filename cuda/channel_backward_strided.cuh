// The backward of tensors with gaps or of different layouts, element by element: a block
// belongs to one channel.
#pragma once

#include <vector>

#include "channel_backward.h"
#include "channel_sums.cuh"
#include "offsets.cuh"

namespace act::cuda {

// The elements of one channel that one launch takes: their places fit 32 bits.
struct StridedPart {
  std::int64_t channel_strides[3];
  std::int64_t sums_of_channel, first_sum;
  std::uint32_t size, parts;
};

template <class Stored>
struct StridedData {
  char* grad_input;
  const char* grad_output;
  const char* x;
  const Stored* value;
};

template <class Gradient, class Stored = typename Gradient::Stored>
__global__ void __launch_bounds__(threads_per_block)
    backward_strided(const __grid_constant__ Gradient gradient, const StridedData<Stored> data,
                     double* sums, const __grid_constant__ StridedPart of,
                     const __grid_constant__ Offsets<3> offsets) {
  const std::uint32_t channel = blockIdx.x / of.parts, part = blockIdx.x % of.parts;
  char* grad_input = data.grad_input + channel * of.channel_strides[0];
  const char* grad_output = data.grad_output + channel * of.channel_strides[1];
  const char* x = data.x + channel * of.channel_strides[2];
  const opmath_t<Stored> of_channel = to_opmath(data.value[channel]);

  const auto begin = static_cast<std::uint32_t>(std::uint64_t{of.size} * part / of.parts);
  const auto end = static_cast<std::uint32_t>(std::uint64_t{of.size} * (part + 1) / of.parts);
  double sum = 0;
  for (std::uint32_t i = begin + threadIdx.x; i < end; i += threads_per_block) {
    std::uint32_t place[3];
    offsets.find(i, place);
    const Stored g = *reinterpret_cast<const Stored*>(grad_output + place[1]);
    const Stored in = *reinterpret_cast<const Stored*>(x + place[2]);
    sum += gradient(g, in, of_channel, *reinterpret_cast<Stored*>(grad_input + place[0]));
  }
  sum = sum_of_block(sum);
  if (threadIdx.x == 0) sums[channel * of.sums_of_channel + of.first_sum + part] = sum;
}

// The launches, and the blocks for each channel in every one.
struct StridedLaunches {
  std::vector<Operands> parts;
  std::int64_t blocks;

  explicit StridedLaunches(const StridedChannelBackward& b) {
    if (b.first_channel.size() != 0) {
      launch_in_32_bits(b.first_channel, [&](const Operands& o) {
        parts.push_back(o);
        return cudaSuccess;
      });
    }
    constexpr std::int64_t turns = 4;
    blocks = count_parts(b.values.channels,
                         b.first_channel.size() / (std::int64_t{threads_per_block} * turns));
  }

  std::int64_t sums_of_channel() const { return static_cast<std::int64_t>(parts.size()) * blocks; }
};

template <class Gradient>
cudaError_t launch_strided_backward(const Gradient& gradient, const StridedChannelBackward& b,
                                    double* sums, cudaStream_t stream) {
  using Stored = typename Gradient::Stored;
  const StridedLaunches launches(b);
  const std::int64_t channels = b.values.channels;
  if (channels * launches.blocks > most_blocks) return cudaErrorInvalidConfiguration;
  std::int64_t first_sum = 0;
  for (const Operands& o : launches.parts) {
    const StridedPart part{
        {b.channel_strides[0], b.channel_strides[1], b.channel_strides[2]},
        launches.sums_of_channel(),
        first_sum,
        static_cast<std::uint32_t>(o.size()),
        static_cast<std::uint32_t>(launches.blocks),
    };
    backward_strided<Gradient>
        <<<static_cast<std::uint32_t>(channels * launches.blocks), threads_per_block, 0, stream>>>(
            gradient,
            {o.data[0], o.data[1], o.data[2], reinterpret_cast<const Stored*>(b.values.value)},
            sums, part, Offsets<3>(o));
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return error;
    first_sum += launches.blocks;
  }
  const std::int64_t count = launches.sums_of_channel();
  return launch_add_sums<Stored>(sums, b.values.gradient, channels, {count, count, count}, stream);
}

}  // namespace act::cuda
