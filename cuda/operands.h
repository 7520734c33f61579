// What an elementwise launcher is given: pointers, and the dimensions of at::TensorIterator, in
// bytes. No torch header, so that nvcc compiles fast and the launchers run without torch.
//
// Every launcher takes a stream, returns the error of its launch (cudaGetLastError right after it),
// and neither allocates nor waits. Without elements it launches nothing.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>

namespace act::cuda {

// torch's own kernels take as many.
inline constexpr int max_dims = 25;
inline constexpr int max_operands = 5;

// Operand 0 is the result, which no two elements of share memory.
struct Operands {
  int count;  // of operands
  char* data[max_operands];
  int dims;  // the innermost is the first
  std::int64_t sizes[max_dims];
  std::int64_t strides[max_dims][max_operands];  // in bytes, 0 where an operand is broadcast

  std::int64_t size() const {
    std::int64_t product = 1;
    for (int d = 0; d < dims; ++d) product *= sizes[d];
    return product;
  }

  // Whether all operands are one run of elements of so many bytes, in the same order.
  bool is_dense(std::int64_t element) const {
    for (int k = 0; k < count; ++k) {
      if (dims > 0 && strides[0][k] != element) return false;
    }
    return dims <= 1;
  }

  // How far apart, in bytes, the first and the last element of operand k lie along a dimension.
  std::int64_t extent(int dim, int k) const { return (sizes[dim] - 1) * strides[dim][k]; }

  // Whether the place of every element, counted or in bytes from an operand's first, fits 31 bits.
  // The result needs a byte at least for each element, so its extent tells about their number, too.
  bool fits_32_bits() const {
    for (int k = 0; k < count; ++k) {
      std::int64_t furthest = 0;
      for (int d = 0; d < dims; ++d) furthest += extent(d, k);
      if (furthest > INT32_MAX) return false;
    }
    return true;
  }

  int widest_dim() const {
    int widest = 0;
    std::int64_t most = -1;
    for (int d = 0; d < dims; ++d) {
      for (int k = 0; k < count; ++k) {
        if (extent(d, k) <= most) continue;
        most = extent(d, k);
        widest = d;
      }
    }
    return widest;
  }

  // Elements [begin, end) of a dimension.
  Operands part(int dim, std::int64_t begin, std::int64_t end) const {
    Operands result = *this;
    result.sizes[dim] = end - begin;
    for (int k = 0; k < count; ++k) result.data[k] += begin * strides[dim][k];
    return result;
  }
};

// Calls launch(Operands) for parts that fit 32 bits, of which there are as many as the memory has
// 2 GiB: so that kernels need no 64-bit division.
template <class Launch>
cudaError_t launch_in_32_bits(const Operands& operands, Launch launch) {
  if (operands.fits_32_bits()) return launch(operands);
  const int dim = operands.widest_dim();
  const std::int64_t size = operands.sizes[dim], middle = size / 2;
  const cudaError_t error = launch_in_32_bits(operands.part(dim, 0, middle), launch);
  if (error != cudaSuccess) return error;
  return launch_in_32_bits(operands.part(dim, middle, size), launch);
}

}  // namespace act::cuda
