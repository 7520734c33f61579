// The backward where the channels alternate quickly (channels_last, or a matrix): the memory is
// a matrix whose columns each belong to one channel, and a thread goes down a few adjacent columns.
#pragma once

#include "channel_backward.h"
#include "channel_sums.cuh"

namespace act::cuda {

struct Columns {
  std::int64_t rows, columns, inner;
  std::int64_t packs;  // of a row
  std::int64_t tiles;
  std::uint32_t parts;

  Columns(const DenseChannelBackward& b, int width)
      : columns(b.layout.channels * b.layout.inner), inner(b.layout.inner) {
    rows = b.size / columns;
    packs = columns / width;
    tiles = ceil_div(packs, threads_per_block);
    const std::int64_t rows_at_once = packs < threads_per_block ? threads_per_block / packs : 1;
    constexpr std::int64_t turns = 8;
    parts = static_cast<std::uint32_t>(count_parts(tiles, rows / (rows_at_once * turns)));
  }

  std::int64_t blocks() const { return tiles * parts; }
  std::int64_t sums() const { return columns * parts; }
};

template <class Gradient, int width, class Stored = typename Gradient::Stored>
__global__ void __launch_bounds__(threads_per_block)
    backward_columns(const __grid_constant__ Gradient gradient, Stored* grad_input,
                     const Stored* grad_output, const Stored* x, const Stored* value, double* sums,
                     const __grid_constant__ Columns of) {
  using Elements = Pack<Stored, width>;
  const std::uint32_t tile = blockIdx.x / of.parts, part = blockIdx.x % of.parts;
  const std::int64_t first_pack = std::int64_t{tile} * threads_per_block;
  const std::int64_t left = of.packs - first_pack;
  const auto packs =
      static_cast<std::uint32_t>(left < threads_per_block ? left : threads_per_block);
  // As many rows at once as fit a block.
  const std::uint32_t rows_at_once = threads_per_block / packs;
  const std::uint32_t row_of_block = threadIdx.x / packs;
  const std::int64_t column = (first_pack + threadIdx.x % packs) * width;

  double sum[width] = {};
  if (row_of_block < rows_at_once) {
    opmath_t<Stored> of_channel[width];
#pragma unroll
    for (int k = 0; k < width; ++k) of_channel[k] = to_opmath(value[(column + k) / of.inner]);
    const std::int64_t end = of.rows * (part + 1) / of.parts;
    for (std::int64_t row = of.rows * part / of.parts + row_of_block; row < end;
         row += rows_at_once) {
      const std::int64_t i = row * of.columns + column;
      auto g = Elements::load(grad_output + i);
      const auto in = Elements::load(x + i);
#pragma unroll
      for (int k = 0; k < width; ++k) {
        sum[k] += gradient(g.element[k], in.element[k], of_channel[k], g.element[k]);
      }
      g.store(grad_input + i);
    }
  }

  __shared__ double of_thread[width][threads_per_block];
#pragma unroll
  for (int k = 0; k < width; ++k) of_thread[k][threadIdx.x] = sum[k];
  __syncthreads();
  if (row_of_block != 0) return;
#pragma unroll
  for (int k = 0; k < width; ++k) {
    for (std::uint32_t row = 1; row < rows_at_once; ++row) {
      sum[k] += of_thread[k][row * packs + threadIdx.x];
    }
    sums[part * of.columns + column + k] = sum[k];
  }
}

template <class Gradient, int width>
cudaError_t launch_columns(const Gradient& gradient, const DenseChannelBackward& b, double* sums,
                           cudaStream_t stream) {
  using Stored = typename Gradient::Stored;
  const Columns columns(b, width);
  if (columns.blocks() > most_blocks) return cudaErrorInvalidConfiguration;
  backward_columns<Gradient, width>
      <<<static_cast<std::uint32_t>(columns.blocks()), threads_per_block, 0, stream>>>(
          gradient, reinterpret_cast<Stored*>(b.grad_input),
          reinterpret_cast<const Stored*>(b.grad_output), reinterpret_cast<const Stored*>(b.x),
          reinterpret_cast<const Stored*>(b.values.value), sums, columns);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  return launch_add_sums<Stored>(sums, b.values.gradient, b.layout.channels,
                                 {columns.inner * columns.parts, columns.inner, columns.columns},
                                 stream);
}

}  // namespace act::cuda
