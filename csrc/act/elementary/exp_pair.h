// eˣ to more than working precision, times a fixed power of two.
#pragma once

#include <act/elementary/exp_biased.h>

namespace act::elementary {

// eˣ·2ˢ = (high + low)·power.
template <class T>
struct ExponentialPair {
  T high, low;
  T power;
};

// e^(x + x_low), to three bits more than working precision; `magic` carries s, see reduced_with.
// The differences are exact or small.
template <class T>
ACT_HOST_DEVICE ExponentialPair<T> exp_pair(T x, T x_low, T magic) {
  using B = Bias<T>;
  const T z = fma(x, B::inverse, magic);
  const T n = z - magic;
  const T reduced = fma(-n, B::ln2_high, x);
  const T tail = fma(-n, B::ln2_low, x_low);
  const T r = reduced + tail, square = r * r;
  const T rise = exponential::polynomial(r);
  const T high = T(1) + fma(square, rise, r);
  const T low = fma(square, rise, (reduced - (high - T(1))) + tail);
  return {high, low, low_bits_to_exponent(z)};
}

// s is the exponent of Bias<T>::factor.
template <class T>
ACT_HOST_DEVICE ExponentialPair<T> exp_pair(T x) {
  using B = Bias<T>;
  return exp_pair(x, T(0), B::round + T(B::bias + B::exponent));
}

}  // namespace act::elementary
