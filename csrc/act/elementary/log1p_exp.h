// ln(1 + eˣ) for x <= 0 as eˣ times something smooth: relative to its own size as accurate at -100
// as at 0, and without a division.
#pragma once

#include <act/elementary/exp_pair.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

namespace logarithm {

// R in ln(1 + e) = e·(1 + e·S), S = value + v·R(v) with v = e - centre, 0 <= e <= 1; S is `value`
// at the centre to twice the precision. tools/fit_log1p.py; error 2^-27.5 and 2^-56.6 of the
// logarithm.
ACT_HOST_DEVICE constexpr float log1p_centre(float) { return 0x1.000194p-1f; }
ACT_HOST_DEVICE constexpr double log1p_centre(double) { return 0x1.ffffffffffff6p-2; }
ACT_HOST_DEVICE constexpr float log1p_value(float) { return -0x1.833674p-2f; }
ACT_HOST_DEVICE constexpr double log1p_value(double) { return -0x1.833704d019ed2p-2; }
ACT_HOST_DEVICE float log1p_polynomial(float v) {
  const float w = v * v;
  float even = 0x1.c702f2p-8f;
  even = fma(even, w, 0x1.10d81cp-6f);
  even = fma(even, w, 0x1.a282ecp-5f);
  even = fma(even, w, 0x1.6f0c48p-3f);
  float odd = -0x1.bf621cp-9f;
  odd = fma(odd, w, -0x1.4c028ap-7f);
  odd = fma(odd, w, -0x1.d9af36p-6f);
  odd = fma(odd, w, -0x1.7dde42p-4f);
  return fma(odd, v, even);
}
ACT_HOST_DEVICE double log1p_polynomial(double v) {
  const double square = v * v, fourth = square * square;
  double p0 = 0x1.b2e60afaa2bdbp-15;
  p0 = fma(p0, fourth, 0x1.5314d14c2cfcap-12);
  p0 = fma(p0, fourth, 0x1.1ebd3b9a271e5p-9);
  p0 = fma(p0, fourth, 0x1.131116fbb0ba4p-6);
  p0 = fma(p0, fourth, 0x1.6f0d7bd624bebp-3);
  double p1 = -0x1.afdc566b85946p-15;
  p1 = fma(p1, fourth, -0x1.adf463695b0dbp-13);
  p1 = fma(p1, fourth, -0x1.607634241b1d8p-10);
  p1 = fma(p1, fourth, -0x1.44ba45def1eebp-7);
  p1 = fma(p1, fourth, -0x1.7ddf1fe86abe3p-4);
  double p2 = 0x1.b7a4f51b3041ap-16;
  p2 = fma(p2, fourth, 0x1.07e79eaca513bp-13);
  p2 = fma(p2, fourth, 0x1.b3debf754cb80p-11);
  p2 = fma(p2, fourth, 0x1.84904f05237cdp-8);
  p2 = fma(p2, fourth, 0x1.a279c04c79483p-5);
  double p3 = -0x1.28b5b49e17781p-14;
  p3 = fma(p3, fourth, -0x1.0eccb74787bddp-11);
  p3 = fma(p3, fourth, -0x1.d5faefb0f64f7p-9);
  p3 = fma(p3, fourth, -0x1.da3482487cb90p-6);
  return fma(fma(p3, v, p2), square, fma(p1, v, p0));
}

}  // namespace logarithm

// ln(1 + eˣ)·2ˢ/power from the pair of eˣ·2ˢ, x <= 0; `unbias` is 2⁻ˢ. Largest errors seen of its
// rounded high + low: float 0.76 ulp, double 1.00 (through logsigmoid; tools/check_formula.py).
template <class T>
ACT_HOST_DEVICE Pair<T> log1p_exp(ExponentialPair<T> x, T unbias) {
  const T e = x.high * (x.power * unbias);
  constexpr T value = logarithm::log1p_value(T());
  const T v = e - logarithm::log1p_centre(T());
  const T r = logarithm::log1p_polynomial(v);
  const T s = fma(v, r, value), s_low = fma(v, r, value - s);
  const T ratio = fma(e, s, T(1)), ratio_low = fma(e, s_low, fma(e, s, T(1) - ratio));
  // What e has lost counts with the slope 1/(1 + e).
  const T slope = fma(e, T(-0.457), T(0.957));
  const T high = x.high * ratio;
  const T low = fma(x.high, ratio_low, fma(x.low, slope, fma(x.high, ratio, -high)));
  return {high, low};
}

}  // namespace act::elementary
