// e^(x + low) times a fixed power of two, to more than working precision.
#pragma once

#include <act/elementary/exp_biased.h>

namespace act::elementary {

// To some four bits more than working precision.
template <int sign, class T>
ACT_HOST_DEVICE AccurateBiasedExponential<T> accurate_exp_biased(T x, T low) {
  using B = Bias<T>;
  constexpr T magic = B::round + T(B::bias + sign * B::exponent);
  const T z = fma(x, B::inverse, magic);
  const T n = z - magic;
  const T high = fma(-n, B::ln2_high, x);
  const T tail = fma(-n, B::ln2_low, low);
  const T r = high + tail;
  const T q = fma(r * r, exponential::polynomial(r), r);
  const T q_low = fma(r * r, exponential::polynomial(r), r - q) + ((high - r) + tail);
  return {q, q_low, low_bits_to_exponent(z)};
}

}  // namespace act::elementary
