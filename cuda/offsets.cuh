// From an element's number to its place in each operand, by 32-bit arithmetic.
#pragma once

#include "operands.h"

namespace act::cuda {

// Division by a number that is known before the launch: a multiplication, an addition and a shift,
// exact for dividends below 2³¹ (Granlund, Montgomery: Division by Invariant Integers using
// Multiplication, figure 4.1).
class Divisor {
 public:
  Divisor() = default;

  explicit Divisor(std::uint32_t d) : divisor(d), shift(0) {
    while ((std::uint64_t{1} << shift) < d) ++shift;
    const std::uint64_t excess = (std::uint64_t{1} << shift) - d;
    magic = static_cast<std::uint32_t>((excess << 32) / d + 1);
  }

  // n becomes the quotient, the remainder is returned.
  __device__ std::uint32_t divide(std::uint32_t& n) const {
    const std::uint32_t quotient = (__umulhi(n, magic) + n) >> shift;
    const std::uint32_t remainder = n - quotient * divisor;
    n = quotient;
    return remainder;
  }

 private:
  std::uint32_t divisor, magic, shift;
};

// A kernel's parameter: mark it __grid_constant__, so that it is read where it lies instead of
// being copied by each thread for the sake of its indices.
template <int operands>
class Offsets {
 public:
  explicit Offsets(const Operands& o) : dims(o.dims) {
    for (int d = 0; d < dims; ++d) {
      sizes[d] = Divisor(static_cast<std::uint32_t>(o.sizes[d]));
      for (int k = 0; k < operands; ++k) {
        strides[d][k] = static_cast<std::uint32_t>(o.strides[d][k]);
      }
    }
  }

  // In bytes, of element `index` in each operand.
  __device__ void find(std::uint32_t index, std::uint32_t (&offsets)[operands]) const {
#pragma unroll
    for (int k = 0; k < operands; ++k) offsets[k] = 0;
#pragma unroll 1
    for (int d = 0; d < dims; ++d) {
      const std::uint32_t along = d == dims - 1 ? index : sizes[d].divide(index);
#pragma unroll
      for (int k = 0; k < operands; ++k) offsets[k] += along * strides[d][k];
    }
  }

 private:
  int dims;
  Divisor sizes[max_dims];
  std::uint32_t strides[max_dims][operands];
};

}  // namespace act::cuda
