// The backward where a channel's elements follow one another in runs that are long enough for a
// warp (images in NCHW, or one weight for all): a block belongs to one channel.
#pragma once

#include "channel_backward.h"
#include "channel_sums.cuh"

namespace act::cuda {

// A warp takes its channel's runs in pieces of at most so many elements.
inline constexpr std::int64_t piece_size = 1024;

struct Rows {
  std::int64_t channels, inner;
  std::int64_t pieces_of_run, pieces;  // pieces: of a channel
  std::uint32_t parts;                 // blocks for each channel

  explicit Rows(const DenseChannelBackward& b)
      : channels(b.layout.channels),
        inner(b.layout.inner),
        pieces_of_run(ceil_div(inner, piece_size)),
        pieces(b.size / (channels * inner) * pieces_of_run),
        parts(
            static_cast<std::uint32_t>(count_parts(channels, ceil_div(pieces, warps_per_block)))) {}

  std::int64_t sums() const { return channels * parts; }
  // Whether all runs begin at vectors if the first one does.
  bool keep_alignment(std::int64_t width) const { return inner % width == 0 || channels == 1; }
};

template <class Gradient, int width, class Stored = typename Gradient::Stored>
__global__ void __launch_bounds__(threads_per_block)
    backward_rows(const __grid_constant__ Gradient gradient, Stored* grad_input,
                  const Stored* grad_output, const Stored* x, const Stored* value, double* sums,
                  const __grid_constant__ Rows rows) {
  using Elements = Pack<Stored, width>;
  const std::uint32_t channel = blockIdx.x / rows.parts, part = blockIdx.x % rows.parts;
  const std::uint32_t lane = threadIdx.x % warp_size;
  const opmath_t<Stored> of_channel = to_opmath(value[channel]);

  const std::int64_t warps = std::int64_t{rows.parts} * warps_per_block;
  const std::int64_t warp = std::int64_t{part} * warps_per_block + threadIdx.x / warp_size;
  const std::int64_t end = rows.pieces * (warp + 1) / warps;
  std::int64_t piece = rows.pieces * warp / warps;
  std::int64_t run = piece / rows.pieces_of_run, piece_of_run = piece % rows.pieces_of_run;
  double sum = 0;
  for (; piece < end; ++piece) {
    const std::int64_t skipped = piece_of_run * piece_size;
    const std::int64_t begin = (run * rows.channels + channel) * rows.inner + skipped;
    const std::int64_t left = rows.inner - skipped;
    const auto size = static_cast<std::uint32_t>(left < piece_size ? left : piece_size);
    const std::uint32_t whole = size - size % width;
#pragma unroll 2
    for (std::uint32_t i = lane * width; i < whole; i += warp_size * width) {
      auto g = Elements::load(grad_output + begin + i);
      const auto in = Elements::load(x + begin + i);
#pragma unroll
      for (int k = 0; k < width; ++k) {
        sum += gradient(g.element[k], in.element[k], of_channel, g.element[k]);
      }
      g.store(grad_input + begin + i);
    }
    if (lane < size - whole) {
      const std::int64_t i = begin + whole + lane;
      sum += gradient(grad_output[i], x[i], of_channel, grad_input[i]);
    }
    if (++piece_of_run == rows.pieces_of_run) {
      piece_of_run = 0;
      ++run;
    }
  }
  sum = sum_of_block(sum);
  if (threadIdx.x == 0) sums[blockIdx.x] = sum;
}

template <class Gradient, int width>
cudaError_t launch_rows(const Gradient& gradient, const DenseChannelBackward& b, double* sums,
                        cudaStream_t stream) {
  using Stored = typename Gradient::Stored;
  const Rows rows(b);
  if (rows.sums() > most_blocks) return cudaErrorInvalidConfiguration;
  backward_rows<Gradient, width>
      <<<static_cast<std::uint32_t>(rows.sums()), threads_per_block, 0, stream>>>(
          gradient, reinterpret_cast<Stored*>(b.grad_input),
          reinterpret_cast<const Stored*>(b.grad_output), reinterpret_cast<const Stored*>(b.x),
          reinterpret_cast<const Stored*>(b.values.value), sums, rows);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  return launch_add_sums<Stored>(sums, b.values.gradient, rows.channels,
                                 {rows.parts, rows.parts, rows.parts}, stream);
}

}  // namespace act::cuda
