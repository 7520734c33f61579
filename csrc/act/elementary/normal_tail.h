// The normal distribution's density φ(t) = e^(-t²/2)/√2π and tail Q(t) = ∫ φ from t to ∞, each as
// e^(-t²/2) times something smooth: so that the GELU is exact to its last digits down to the
// subnormal numbers, where 1 + erf has none.
#pragma once

#include <act/elementary/exp_sum.h>

namespace act::elementary {

namespace normal {

// The largest t that matters: everything that decays like t²·e^(-t²/2) has underflown there.
ACT_HOST_DEVICE constexpr float end(float) { return 15.0f; }
ACT_HOST_DEVICE constexpr double end(double) { return 39.0; }

// 1/√2π.
ACT_HOST_DEVICE constexpr Pair<float> density(float) { return {0x1.988454p-2f, -0x1.857936p-27f}; }
ACT_HOST_DEVICE constexpr Pair<double> density(double) {
  return {0x1.9884533d43651p-2, -0x1.cbc0d30ebfd15p-56};
}

// The zero of Q(t) - t·φ(t). The high part is a multiple of the unit of every t up to `end`, and
// the lowest what the sum of the other two still lacks.
ACT_HOST_DEVICE constexpr Pair<float> zero(float) { return {0x1.80eaep-1f, -0x1.cd01fep-22f}; }
ACT_HOST_DEVICE constexpr Pair<double> zero(double) {
  return {0x1.80ead197f00cp-1, -0x1.844f9d31632b7p-50};
}
ACT_HOST_DEVICE constexpr float lowest_of_zero(float) { return -0x1.3089f4p-47f; }
ACT_HOST_DEVICE constexpr double lowest_of_zero(double) { return 0x1.7d3456948c646p-104; }

// tools/fit_normal_tail.py. Both functions below are 1 + v·rise(v) with v = t/(t + shift) - centre.

// F in t·Q(t) = e^(-t²/2)·F(t)/2·t/(t + 1.25). Relative error 2^-27.8 up to t = 14.3, 2^-58.8 up
// to 39; F varies from 1.25 to 0.86. Even and odd powers apart: one
// chain of dependent operations would be twice as long.
ACT_HOST_DEVICE constexpr float tail_shift(float) { return 0x1.cep+1f; }
ACT_HOST_DEVICE constexpr double tail_shift(double) { return 0x1.865p+2; }
ACT_HOST_DEVICE constexpr float tail_centre(float) { return 0x1.053ebep-1f; }
ACT_HOST_DEVICE constexpr double tail_centre(double) { return 0x1.8691a0a180feap-2; }

// rise(v) = tail_slope + v²·even(v²) + v·odd(v²).
template <class T>
struct TailPolynomials {
  T even, odd;
};
ACT_HOST_DEVICE constexpr float tail_slope(float) { return -0x1.22c59ap-1f; }
ACT_HOST_DEVICE constexpr double tail_slope(double) { return -0x1.33f927f0ed0dap-1; }
ACT_HOST_DEVICE TailPolynomials<float> tail_polynomials(float w) {
  float even = 0x1.54f6dp-3f;
  even = fma(even, w, -0x1.3ca642p-2f);
  even = fma(even, w, 0x1.74ed36p-1f);
  even = fma(even, w, 0x1.265cdap-2f);
  float odd = 0x1.553f42p-3f;
  odd = fma(odd, w, -0x1.3d776p-3f);
  odd = fma(odd, w, -0x1.91031cp-1f);
  odd = fma(odd, w, 0x1.2bf968p-2f);
  return {even, odd};
}
ACT_HOST_DEVICE TailPolynomials<double> tail_polynomials(double w) {
  double even = -0x1.94efcdfc76e62p-9;
  even = fma(even, w, -0x1.85e3beee88a09p-7);
  even = fma(even, w, 0x1.70a3e0da25a04p-5);
  even = fma(even, w, -0x1.f330a872077c5p-4);
  even = fma(even, w, 0x1.3f306520f6602p-2);
  even = fma(even, w, -0x1.3f67beffac25bp-1);
  even = fma(even, w, 0x1.42a851ecf17c2p-5);
  even = fma(even, w, 0x1.85a16ad2c2579p+2);
  even = fma(even, w, 0x1.0538582feeff1p+3);
  even = fma(even, w, 0x1.bbb6583f76c14p+1);
  even = fma(even, w, -0x1.92bd8fb4ca37fp-3);
  double odd = 0x1.1f031ae4806acp-6;
  odd = fma(odd, w, -0x1.40bf3ef1fc941p-5);
  odd = fma(odd, w, 0x1.06c19aa8f5249p-4);
  odd = fma(odd, w, -0x1.2105c747e8edcp-4);
  odd = fma(odd, w, -0x1.99d0449021028p-4);
  odd = fma(odd, w, 0x1.05161876abc7bp+0);
  odd = fma(odd, w, -0x1.64bcd83d92c13p+1);
  odd = fma(odd, w, -0x1.071ed39e237d1p+3);
  odd = fma(odd, w, -0x1.8c1f7c9832b11p+2);
  odd = fma(odd, w, -0x1.273cc0a37b39ap+0);
  odd = fma(odd, w, 0x1.506bb15653895p-1);
  return {even, odd};
}
template <class T>
ACT_HOST_DEVICE T tail_rise(T v) {
  const T w = v * v;
  const TailPolynomials<T> p = tail_polynomials(w);
  return fma(p.odd, v, fma(p.even, w, tail_slope(T())));
}

// K in Q(t) - t·φ(t) = e^(-t²/2)·K(t)/2·(zero - t). Relative error 2^-27.5 and 2^-59.6; K varies
// from 1.33 to 0.80.
ACT_HOST_DEVICE constexpr float slope_shift(float) { return 0x1.c4ap+1f; }
ACT_HOST_DEVICE constexpr double slope_shift(double) { return 0x1.868p+2; }
ACT_HOST_DEVICE constexpr float slope_centre(float) { return 0x1.81d818p-2f; }
ACT_HOST_DEVICE constexpr double slope_centre(double) { return 0x1.09b5c3ab4b01ep-2; }
ACT_HOST_DEVICE float slope_rise(float v) {
  float p = 0x1.4a945ap-6f;
  p = fma(p, v, -0x1.4c77bap-7f);
  p = fma(p, v, -0x1.c92664p-5f);
  p = fma(p, v, 0x1.9edbfep-5f);
  p = fma(p, v, 0x1.25604ep-3f);
  p = fma(p, v, -0x1.bee6aap-2f);
  p = fma(p, v, 0x1.3b5e58p-1f);
  return fma(p, v, -0x1.26da22p-1f);
}
ACT_HOST_DEVICE double slope_rise(double v) {
  double p = 0x1.58a84ffe63b84p-11;
  p = fma(p, v, -0x1.257c1c0139fdap-9);
  p = fma(p, v, 0x1.87ddbfb54f639p-10);
  p = fma(p, v, 0x1.c3280aba3101cp-9);
  p = fma(p, v, -0x1.f3adab3b6a979p-9);
  p = fma(p, v, -0x1.e8052887a0a3cp-8);
  p = fma(p, v, 0x1.7d579d9ff32dcp-7);
  p = fma(p, v, 0x1.f608cd3c451dcp-7);
  p = fma(p, v, -0x1.59d3eea35be28p-5);
  p = fma(p, v, -0x1.5f7441ad335fap-7);
  p = fma(p, v, 0x1.24bacb25270c4p-3);
  p = fma(p, v, -0x1.4ca6c3316c31bp-3);
  p = fma(p, v, -0x1.b88dd9fff4524p-3);
  p = fma(p, v, 0x1.1772efa4d239cp+0);
  p = fma(p, v, -0x1.1b14ba284b26fp+1);
  p = fma(p, v, 0x1.8becdcd5aa14ap+1);
  p = fma(p, v, -0x1.ade3771a55372p+1);
  p = fma(p, v, 0x1.7bd40eabe278p+1);
  p = fma(p, v, -0x1.175180a9fdfecp+1);
  p = fma(p, v, 0x1.597e5f852de5p+0);
  return fma(p, v, -0x1.68544b61bad9ap-1);
}

}  // namespace normal

// |x|, at most what matters for the tail, also for NaN.
template <class T>
ACT_HOST_DEVICE T tail_argument(T x) {
  return magnitude_up_to(normal::end(T()), x);
}

// e^(-t²/2).
template <class T>
ACT_HOST_DEVICE Decay<T> gaussian(T t) {
  return Decay<T>(product(t, t), T(0.5));
}

// 2·t·Q(t)·e^(t²/2).
template <class T>
ACT_HOST_DEVICE Pair<T> doubled_tail(T t) {
  // t / d and what is missing in it: the rounding errors of the division and of d.
  constexpr T shift = T(1.25);
  const T d = t + shift;
  const T d_error = t - (d - shift);
  const T m = t / d;
  const T remainder = fma(-m, d_error, fma(-m, d, t));
  const T sensitivity = fma(m, T(-1.045), T(1));  // F / d within a tenth up to t = 10

  const T v = t / (t + normal::tail_shift(T())) - normal::tail_centre(T());
  return {m, fma(m * v, normal::tail_rise(v), remainder * sensitivity)};
}

// 2·Q(t)·e^(t²/2), the Mills ratio times √(2/π), of t = high + low: F/(t + 1.25), where the large
// terms of F = 1 + slope·v + v²·bend are not rounded.
template <class T>
ACT_HOST_DEVICE Pair<T> doubled_mills_ratio(Pair<T> t) {
  constexpr T shift = T(1.25), further = normal::tail_shift(T()), slope = normal::tail_slope(T()),
              centre = normal::tail_centre(T());
  const Pair<T> d = any_sum(t.high, shift);
  const T m = T(1) / d.high;
  const T m_remainder = fma(-m, d.low + t.low, fma(-m, d.high, T(1)));

  // v, and what the division and the difference lose of it. F' is about -0.58 in the middle, and 0
  // at t = 0.
  const Pair<T> c = any_sum(t.high, further);
  const T share = t.high / c.high;
  const T remainder = fma(-share, c.low, fma(-share, c.high, t.high));
  const T v = share - centre;
  const T lost = fma(remainder, fma(-share, T(1) / further, T(1) / further), share - (v + centre));

  const T w = v * v;
  const normal::TailPolynomials<T> p = normal::tail_polynomials(w);
  const T bend = fma(p.even, v, p.odd);
  const Pair<T> f = ordered_sum(T(1), slope * v);
  const T sensitivity = fma(w, T(0.58) / (centre * centre), T(-0.58));
  const T f_low = fma(w, bend, fma(sensitivity, lost, fma(slope, v, -(slope * v)) + f.low));
  const Pair<T> y = product(m, f.high);
  return {y.high, fma(m, f_low, fma(m_remainder * m, f.high, y.low))};
}

// 2·(Q(t) - t·φ(t))·e^(t²/2), without cancellation near its zero.
template <class T>
ACT_HOST_DEVICE Pair<T> doubled_slope(T t) {
  constexpr Pair<T> zero = normal::zero(T());
  const T difference = zero.high - t;
  const T rest = ((zero.high - difference) - t) + zero.low;
  const T high = difference + rest;
  const T low = ((difference - high) + rest) + normal::lowest_of_zero(T());
  const T v = t / (t + normal::slope_shift(T())) - normal::slope_centre(T());
  return {high, fma(high * v, normal::slope_rise(v), low)};
}

}  // namespace act::elementary
