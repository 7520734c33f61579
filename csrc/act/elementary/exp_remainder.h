// eˣ - 1 and eˣ - 1 - x for x <= 0, each with the digits of its own size: the second is x²/2 near
// 0.
#pragma once

#include <act/elementary/clamp.h>
#include <act/elementary/exp.h>
#include <act/elementary/limits.h>

namespace act::elementary {

namespace exponential {

// P in eʳ = 1 + r + r²·P(r), |r| <= ln(2)/2, to its own digits. tools/fit_exp.py; error 2^-26.5 and
// 2^-57.2 of P.
ACT_HOST_DEVICE float remainder_polynomial(float r) {
  float p = 0x1.a072d0p-13f;
  p = fma(p, r, 0x1.6d42dep-10f);
  p = fma(p, r, 0x1.11114cp-7f);
  p = fma(p, r, 0x1.5554eap-5f);
  p = fma(p, r, 0x1.555556p-3f);
  return fma(p, r, 0x1p-1f);
}
ACT_HOST_DEVICE double remainder_polynomial(double r) {
  double p = 0x1.1f19989567fe1p-29;
  p = fma(p, r, 0x1.af4dc52298cf3p-26);
  p = fma(p, r, 0x1.27e51117a9530p-22);
  p = fma(p, r, 0x1.71de024530694p-19);
  p = fma(p, r, 0x1.a01a019045334p-16);
  p = fma(p, r, 0x1.a01a01abe0f34p-13);
  p = fma(p, r, 0x1.6c16c16c1a0d1p-10);
  p = fma(p, r, 0x1.11111111100ebp-7);
  p = fma(p, r, 0x1.555555555554ep-5);
  p = fma(p, r, 0x1.5555555555557p-3);
  return fma(p, r, 0x1p-1);
}

}  // namespace exponential

template <class T>
struct ExpRemainder {
  T expm1, remainder;
  T n;  // x is nearest to n·ln 2
};

// With eˣ = (1 + q)·2ⁿ: where n = 0, q is x + x²·P(x), and the remainder what follows x. Elsewhere
// it is (2ⁿ - 1 - x) + 2ⁿ·q, whose first part is exact where much of it cancels (n = -1).
// Below -80 (float) or -700 (double) eˣ - 1 is -1. Largest errors seen: tests/test_parametric.py.
template <class T>
ACT_HOST_DEVICE ExpRemainder<T> exp_remainder(T x) {
  const exponential::Reduced<T> r =
      exponential::reduced(at_least(sizeof(T) == sizeof(float) ? T(-80) : T(-700), x));
  const T tail = fma(r.high * r.high, exponential::remainder_polynomial(r.high), r.low);
  const T q = r.high + tail;
  const T low = tail - (q - r.high);
  const T power = power_of_two(r.n);
  const T remainder = fma(power, low, fma(power, q, (power - T(1)) - x));
  return {fma(power, q, power - T(1)), r.n == T(0) ? tail : remainder, r.n};
}

}  // namespace act::elementary
