// Bounds of an argument, compared as integers: g++ makes one instruction of each. Comparing the
// numbers, it makes masks for AVX-512, and a select for every use of the result: a third of silu's
// time. NaN comes out as one of the bounds; the formula has to let it pass elsewhere.
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

ACT_HOST_DEVICE std::uint32_t unsigned_bits(float x) {
  return static_cast<std::uint32_t>(to_bits(x));
}
ACT_HOST_DEVICE std::uint64_t unsigned_bits(double x) {
  return static_cast<std::uint64_t>(to_bits(x));
}

// |x|, at most `end`.
template <class T>
ACT_HOST_DEVICE T magnitude_up_to(T end, T x) {
  const auto bits = to_bits(abs(x)), last = to_bits(end);
  return from_bits(bits < last ? bits : last);
}

// x, at most `high` > 0: negative numbers are negative integers.
template <class T>
ACT_HOST_DEVICE T at_most(T high, T x) {
  const auto bits = to_bits(x), last = to_bits(high);
  return from_bits(bits < last ? bits : last);
}

// The same, and at least 0: of a negative number and of -0, +0.
template <class T>
ACT_HOST_DEVICE T between_zero_and(T high, T x) {
  const auto bits = to_bits(at_most(high, x));
  return from_bits(bits > 0 ? bits : 0);
}

// x, at least `low` < 0: the further below 0, the larger the unsigned integer. A positive NaN
// passes.
template <class T>
ACT_HOST_DEVICE T at_least(T low, T x) {
  const auto bits = unsigned_bits(x), last = unsigned_bits(low);
  return __builtin_bit_cast(T, bits < last ? bits : last);
}

}  // namespace act::elementary
