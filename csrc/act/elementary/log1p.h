// ln(1 + x) for 0 <= x <= 1, the part of it that softplus needs.
#pragma once

#include <act/elementary/exp.h>
#include <act/elementary/log.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// x = high + low. As log.h does it, but without rounding 1 + x: beyond √2 - 1 it is halved, which leaves
// f = (x - 1)/2 exact. f enters last; the low part of x counts with the slope 1/(1 + x).
template <class T>
ACT_HOST_DEVICE T log1p(Pair<T> x) {
  constexpr T ln2 = sizeof(T) == sizeof(float) ? T(0x1.62e43p-1) : T(0x1.62e42fefa39efp-1);
  constexpr T ln2_rest = sizeof(T) == sizeof(float) ? T(-0x1.05c61p-29) : T(0x1.abc9e3b39803fp-56);
  const bool halve = x.high > T(0x1.a8279ap-2);
  const T f = halve ? fma(x.high, T(0.5), T(-0.5)) : x.high;
  const T low = halve ? T(0.5) * x.low : x.low;
  const T s = f / (T(2) + f);
  const T w = s * s;
  const T half_square = T(0.5) * f * f;
  const T inner = fma(s, fma(w, logarithm::polynomial(w), half_square), fma(T(-2) * s, low, low));
  const T rest = half_square - inner;
  return halve ? ln2 + (f - (rest - ln2_rest)) : f - rest;
}

// ln(1 + eˣ) for x <= 0 (x + low: see exp_parts): at most 1.2 ulp (measured). For very negative x it is eˣ itself.
template <class T>
ACT_HOST_DEVICE T log1p_exp(T x, T low) {
  constexpr T tail = sizeof(T) == sizeof(float) ? T(-80) : T(-600);
  const Exponential<T> e = exp_parts(x, low);
  const T power = power_of_two(x < tail ? T(0) : e.n);
  const T high = fma(power, e.q, power);
  const T value = log1p(Pair<T>{high, fma(power, e.q, power - high)});
  return x < tail ? exp(e) : value;
}

}  // namespace act::elementary
