// The normal distribution's density and tail, as φ(t) = e^(-t²/2)/√2π and Q(t) = e^(-t²/2)·R(t)
// with a smooth R, both factors to more than working precision: so that the GELU is exact to its
// last digits down to the subnormal numbers, where 1 + erf has none.
#pragma once

#include <act/elementary/exp_sum.h>

namespace act::elementary {

namespace normal {

// G in R(t) = G/(t + c) and the constants it was fitted with: tools/fit_normal_tail.py. Relative
// error 2^-29.2 for t <= 15 and 2^-59.1 for t <= 39.
ACT_HOST_DEVICE constexpr float shift(float) { return 3.0f; }
ACT_HOST_DEVICE constexpr double shift(double) { return 5.0; }
ACT_HOST_DEVICE constexpr float centre(float) { return 0x1.6afac4p-3f; }
ACT_HOST_DEVICE constexpr double centre(double) { return 0x1.c8426dff0827ap-4; }

// The largest t that matters: everything that decays like t²·e^(-t²/2) has underflown there.
ACT_HOST_DEVICE constexpr float end(float) { return 15.0f; }
ACT_HOST_DEVICE constexpr double end(double) { return 39.0; }

// 1/√2π.
ACT_HOST_DEVICE constexpr Pair<float> density(float) { return {0x1.988454p-2f, -0x1.857936p-27f}; }
ACT_HOST_DEVICE constexpr Pair<double> density(double) {
  return {0x1.9884533d43651p-2, -0x1.cbc0d30ebfd15p-56};
}

// G = g0 + v·(g1 + v·rest(v)).
ACT_HOST_DEVICE constexpr float g0(float) { return 0x1.864ee8p-1f; }
ACT_HOST_DEVICE constexpr double g0(double) { return 0x1.b42d8a75f2d31p-1; }
ACT_HOST_DEVICE constexpr float g1(float) { return 0x1.9e0078p+1f; }
ACT_HOST_DEVICE constexpr double g1(double) { return 0x1.fa8a6d88b10cfp+2; }
ACT_HOST_DEVICE float rest(float v) {
  float p = 0x1.ab7926p+11f;
  p = fma(p, v, -0x1.f1e96cp+9f);
  p = fma(p, v, -0x1.068b82p+9f);
  p = fma(p, v, 0x1.f46p+7f);
  p = fma(p, v, 0x1.0f6ac6p+6f);
  p = fma(p, v, -0x1.942c4cp+5f);
  p = fma(p, v, -0x1.05505ep+4f);
  p = fma(p, v, 0x1.327082p+3f);
  return fma(p, v, 0x1.130724p+3f);
}
ACT_HOST_DEVICE double rest(double v) {
  double p = 0x1.09535d7cb967p+45;
  p = fma(p, v, -0x1.70b5db13e6f73p+40);
  p = fma(p, v, -0x1.ba1b387b76c1ep+41);
  p = fma(p, v, 0x1.16ae136d568ddp+38);
  p = fma(p, v, 0x1.cf2b38dc473d9p+37);
  p = fma(p, v, -0x1.c6f4cf60077d4p+34);
  p = fma(p, v, -0x1.bd283bf40ea41p+33);
  p = fma(p, v, 0x1.1d303e5a41828p+31);
  p = fma(p, v, 0x1.d48b2a67cff28p+29);
  p = fma(p, v, -0x1.2feadba016746p+27);
  p = fma(p, v, -0x1.223cb48214eb5p+26);
  p = fma(p, v, 0x1.e02ff180c8787p+22);
  p = fma(p, v, 0x1.99e74e0bd92d4p+22);
  p = fma(p, v, 0x1.27c6d3d903e6ep+17);
  p = fma(p, v, -0x1.17620e407e9bep+19);
  p = fma(p, v, -0x1.0d18e541c717fp+17);
  p = fma(p, v, 0x1.39272f9c1978dp+14);
  p = fma(p, v, 0x1.649b3a6b58db9p+14);
  p = fma(p, v, 0x1.06b7c3fa2aeefp+13);
  p = fma(p, v, 0x1.04b9b9d89767bp+11);
  p = fma(p, v, 0x1.8e53af90463dfp+8);
  return fma(p, v, 0x1.ed1a217f0150cp+5);
}

}  // namespace normal

// |x|, at most what matters for the tail. NaN passes.
template <class T>
ACT_HOST_DEVICE T tail_argument(T x) {
  const T t = abs(x);
  return t > normal::end(T()) ? normal::end(T()) : t;
}

// The parts of e^(-t²/2).
template <class T>
ACT_HOST_DEVICE Exponential<T> gaussian_parts(T t) {
  const Pair<T> square = product(t, t);
  return exp_parts(Pair<T>{T(-0.5) * square.high, T(-0.5) * square.low});
}

// R(t) for t from 0 to normal::end.
template <class T>
ACT_HOST_DEVICE Pair<T> scaled_normal_tail(T t) {
  constexpr T g0 = normal::g0(T()), g1 = normal::g1(T());
  const Pair<T> inverse = reciprocal(any_sum(t, normal::shift(T())));

  // The last two steps of the Horner scheme keep their rounding errors. The derivative with respect
  // to v, which the error of the argument is multiplied with, need not be exact: slope + curved
  // leaves out what the terms of the third degree on add to it.
  const T v = inverse.high - normal::centre(T());
  const T curved = v * normal::rest(v);
  const Pair<T> slope = ordered_sum(g1, curved);
  const Pair<T> rise = product(v, slope);
  const Pair<T> g = ordered_sum(g0, rise.high);
  const T g_error = g.low + fma(inverse.low, slope.high + curved, rise.low);
  return product(Pair<T>{g.high, g_error}, inverse);
}

}  // namespace act::elementary
