// Sixths of sums, for the hard sigmoid and the hard swish: one rounding and two products more
// accurate than a division of the sum, which would need a rounding of its own.
#pragma once

#include <act/elementary/arithmetic.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// 1/6 to twice the precision: the nearest number, with which ties come out even, and what is left.
ACT_HOST_DEVICE constexpr Pair<float> one_sixth(float) {
  return {0x1.555556p-3f, -0x1.555556p-28f};
}
ACT_HOST_DEVICE constexpr Pair<double> one_sixth(double) {
  return {0x1.5555555555555p-3, 0x1.5555555555555p-57};
}

// The same of two positive numbers, which leave -0 its sign.
ACT_HOST_DEVICE constexpr Pair<float> one_sixth_from_below(float) {
  return {0x1.555554p-3f, 0x1.555556p-27f};
}
ACT_HOST_DEVICE constexpr Pair<double> one_sixth_from_below(double x) { return one_sixth(x); }

// sum / 6.
template <class T>
ACT_HOST_DEVICE T sixth(T sum) {
  constexpr Pair<T> c = one_sixth(T());
  return fma(sum, c.high, sum * c.low);
}

// (high + low) / 6.
template <class T>
ACT_HOST_DEVICE T sixth(T high, T low) {
  constexpr Pair<T> c = one_sixth(T());
  return fma(high, c.high, fma(high, c.low, low * c.high));
}

// (high - excess) / 6: where excess is +0, of two zeros that of `high`.
template <class T>
ACT_HOST_DEVICE T sixth_of_difference(T high, T excess) {
  constexpr Pair<T> c = one_sixth_from_below(T());
  return fma(high, c.high, fma(high, c.low, -(excess * c.high)));
}

}  // namespace act::elementary
