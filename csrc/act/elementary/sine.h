// The sine and cosine of a product a·b, and from them sin² and sin of its double.
//
// The product is not rounded: a·b = y + low, exactly. The difference of y and k quarter turns is
// exact too, as long as k is (its last bit stands for a multiple of ulp(π/2), and so does y's), so
// that all that is lost is what the second and the third part of π/2 round to: k·2^-49 of a radian
// in float, k·2^-106 in double. What is left is π/4 and, at the end of the range, where k is
// rounded from a product with an inexact 2/π, a little more.
//
// Followed is |a·b| <= 2^22 in float, 2^51 in double; from there on the sine is taken as 0 and the
// cosine as 1: neighbouring numbers are half a radian apart there, and a sine samples noise.
//
// Tested through snake's value and derivatives: tests/test_parametric.py.
#pragma once

#include <act/elementary/quotient.h>

namespace act::elementary {

namespace sine {

// tools/fit_sine.py.
template <class T>
struct QuarterTurn;
template <>
struct QuarterTurn<float> {
  static constexpr float first = 0x1.921fb6p+0f, second = -0x1.777a5cp-25f,
                         third = -0x1.ee59dap-50f, inverse = 0x1.45f306p-1f;
  static constexpr float round = 0x1.8p23f, range = 0x1p22f;
};
template <>
struct QuarterTurn<double> {
  static constexpr double first = 0x1.921fb54442d18p+0, second = 0x1.1a62633145c07p-54,
                          third = -0x1.f1976b7ed8fbcp-110, inverse = 0x1.45f306dc9c883p-1;
  static constexpr double round = 0x1.8p52, range = 0x1p51;
};

// S in sin(t) = t + t³·S(t²), |t| <= 0.91: error 2^-27.4 and 2^-57.1 of the sine.
ACT_HOST_DEVICE float sine_polynomial(float w) {
  float p = 0x1.6b182cp-19f;
  p = fma(p, w, -0x1.a0070cp-13f);
  p = fma(p, w, 0x1.1110fcp-7f);
  return fma(p, w, -0x1.555556p-3f);
}
ACT_HOST_DEVICE double sine_polynomial(double w) {
  double p = -0x1.a95009600a492p-41;
  p = fma(p, w, 0x1.611d7880b192bp-33);
  p = fma(p, w, -0x1.ae644cefd6725p-26);
  p = fma(p, w, 0x1.71de3a4e249bep-19);
  p = fma(p, w, -0x1.a01a01a014112p-13);
  p = fma(p, w, 0x1.11111111110ecp-7);
  return fma(p, w, -0x1.5555555555555p-3);
}

// C in cos(t) = 1 - t²/2 + t⁴·C(t²), |t| <= 0.91: error 2^-29.2 and 2^-58.7 of the cosine.
ACT_HOST_DEVICE float cosine_polynomial(float w) {
  float p = -0x1.22cf9ap-22f;
  p = fma(p, w, 0x1.a00966p-16f);
  p = fma(p, w, -0x1.6c16aap-10f);
  return fma(p, w, 0x1.555556p-5f);
}
ACT_HOST_DEVICE double cosine_polynomial(double w) {
  double p = 0x1.a970a690ab46ep-45;
  p = fma(p, w, -0x1.938fc459c2f3ap-37);
  p = fma(p, w, 0x1.1eed890cfaa30p-29);
  p = fma(p, w, -0x1.27e4fb7232999p-22);
  p = fma(p, w, 0x1.a01a01a014a09p-16);
  p = fma(p, w, -0x1.6c16c16c16bebp-10);
  return fma(p, w, 0x1.5555555555555p-5);
}

}  // namespace sine

// a·b = high + low, and k quarter turns, of which only the parity matters: sin² and sin of the
// double have a period of two.
template <class T>
struct Angle {
  T high, low;
  bool odd;
};

template <class T>
ACT_HOST_DEVICE Angle<T> angle_of_product(T a, T b) {
  using Q = sine::QuarterTurn<T>;
  const Pair<T> exact = product(a, b);
  // NaN is not far.
  const bool far = abs(exact.high) > Q::range;
  const T y = far ? T(0) : exact.high;
  const T z = fma(y, Q::inverse, Q::round);
  const T k = z - Q::round;
  const T rest = fma(-k, Q::first, y);
  const T lost = fma(-k, Q::third, fma(-k, Q::second, far ? T(0) : exact.low));
  const Pair<T> t = ordered_sum(rest, lost);
  return {t.high, t.low, (to_bits(z) & 1) != 0};
}

// sin(high + low).
template <class T>
ACT_HOST_DEVICE Pair<T> sine_of(Angle<T> t) {
  const T w = t.high * t.high;
  const T low = fma(t.low, T(-0.5) * w, t.low);
  return ordered_sum(t.high, fma(t.high * w, sine::sine_polynomial(w), low));
}

// cos(high + low).
template <class T>
ACT_HOST_DEVICE Pair<T> cosine_of(Angle<T> t) {
  const Pair<T> w = product(t.high, t.high);
  const Pair<T> most = ordered_sum(T(1), T(-0.5) * w.high);
  const T low = fma(T(-0.5), w.low, fma(-t.high, t.low, most.low));
  return ordered_sum(most.high, fma(w.high * w.high, sine::cosine_polynomial(w.high), low));
}

// sin²(a·b), from the sine of the angle.
template <class T>
ACT_HOST_DEVICE Pair<T> squared_sine(Angle<T> t, Pair<T> sine) {
  const Pair<T> square = product(sine, sine);
  const Pair<T> rest = ordered_sum(T(1), -square.high);
  return {t.odd ? rest.high : square.high, t.odd ? rest.low - square.low : square.low};
}

// sin(2·a·b).
template <class T>
ACT_HOST_DEVICE Pair<T> doubled_sine(Angle<T> t, Pair<T> sine, Pair<T> cosine) {
  const Pair<T> half = product(sine, cosine);
  const T two = t.odd ? T(-2) : T(2);
  return {two * half.high, two * half.low};
}

}  // namespace act::elementary
