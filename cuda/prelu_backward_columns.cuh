// prelu's backward where the channels alternate quickly (channels_last, or a matrix): the memory is
// a matrix whose columns each belong to one channel, and a thread goes down a few adjacent columns.
#pragma once

#include "prelu_backward.h"
#include "prelu_gradient.cuh"

namespace act::cuda {

struct Columns {
  std::int64_t rows, columns, inner;
  std::int64_t packs;  // of a row
  std::int64_t tiles;
  std::uint32_t parts;

  Columns(const DensePreluBackward& b, int width)
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

template <class Stored, int width>
__global__ void __launch_bounds__(threads_per_block)
    backward_columns(Stored* grad_input, const Stored* grad_output, const Stored* x,
                     const Stored* weight, double* sums, const __grid_constant__ Columns of) {
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
    opmath_t<Stored> slope[width];
#pragma unroll
    for (int k = 0; k < width; ++k) slope[k] = to_opmath(weight[(column + k) / of.inner]);
    const std::int64_t end = of.rows * (part + 1) / of.parts;
    for (std::int64_t row = of.rows * part / of.parts + row_of_block; row < end;
         row += rows_at_once) {
      const std::int64_t i = row * of.columns + column;
      auto g = Elements::load(grad_output + i);
      const auto in = Elements::load(x + i);
#pragma unroll
      for (int k = 0; k < width; ++k) {
        sum[k] += weight_gradient(g.element[k], in.element[k]);
        g.element[k] = input_gradient(g.element[k], in.element[k], slope[k]);
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

template <class Stored, int width>
cudaError_t launch_columns(const DensePreluBackward& b, double* sums, cudaStream_t stream) {
  const Columns columns(b, width);
  if (columns.blocks() > most_blocks) return cudaErrorInvalidConfiguration;
  backward_columns<Stored, width>
      <<<static_cast<std::uint32_t>(columns.blocks()), threads_per_block, 0, stream>>>(
          reinterpret_cast<Stored*>(b.grad_input), reinterpret_cast<const Stored*>(b.grad_output),
          reinterpret_cast<const Stored*>(b.x), reinterpret_cast<const Stored*>(b.weights.weight),
          sums, columns);
  const cudaError_t error = cudaGetLastError();
  if (error != cudaSuccess) return error;
  return launch_add_sums<Stored>(sums, b.weights.grad_weight, b.layout.channels,
                                 {columns.inner * columns.parts, columns.inner, columns.columns},
                                 stream);
}

}  // namespace act::cuda
