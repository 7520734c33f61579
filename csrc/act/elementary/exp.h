// eˣ, and its parts for formulas that go on computing with more than working precision.
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

// eˣ = (1 + q)·2ⁿ with n integer-valued and q in [-0.2929, 0.4143]. Keeping 1 + q apart saves a
// rounding: R·(1 + q) = fma(R, q, R), and for n = 0 q is eˣ - 1, accurate relative to its own size.
template <class T>
struct Exponential {
  T q;
  T n;
};

// 2ᵏ for an integer-valued k that is the exponent of a normal number. The sum brings the biased
// exponent into the lowest bits of the mantissa, the shift pushes everything else out.
ACT_HOST_DEVICE float power_of_two(float k) {
  return from_bits(std::int32_t(std::uint32_t(to_bits(k + (0x1.8p23f + 127))) << 23));
}
ACT_HOST_DEVICE double power_of_two(double k) {
  return from_bits(std::int64_t(std::uint64_t(to_bits(k + (0x1.8p52 + 1023))) << 52));
}

// r·2ⁿ for |n| <= 252 (float) or 2044 (double), in two steps, each of which fits the exponent. The
// first is exact for r near 1, the second rounds where the result is subnormal.
template <class T>
ACT_HOST_DEVICE T scale(T r, T n) {
  constexpr T round = sizeof(T) == sizeof(float) ? T(0x1.8p23) : T(0x1.8p52);
  const T half = fma(n, T(0.5), round) - round;
  return r * power_of_two(half) * power_of_two(n - half);
}

namespace exponential {

// Arguments beyond these are moved there, where every result has long left the exponent's range,
// even times a factor of 2^±60 (float) or 2^±360 (double). NaN passes.
ACT_HOST_DEVICE float bounded(float x) {
  x = x < -150.0f ? -150.0f : x;
  return x > 150.0f ? 150.0f : x;
}
ACT_HOST_DEVICE double bounded(double x) {
  x = x < -1000.0 ? -1000.0 : x;
  return x > 1000.0 ? 1000.0 : x;
}

// x = n·ln 2 + high + low. The first part of ln 2 has so few bits that the difference x -
// n·ln2_high is exact.
template <class T>
struct Reduced {
  T n, high, low;
};

ACT_HOST_DEVICE Reduced<float> reduced(float x) {
  constexpr float round = 0x1.8p23f, inverse = 0x1.715476p+0f;
  constexpr float ln2_high = 0x1.62ep-1f, ln2_low = 0x1.0bfbe8p-15f;
  const float n = fma(x, inverse, round) - round;
  const float rest = fma(-n, ln2_high, x);
  const float high = fma(-n, ln2_low, rest);
  return {n, high, fma(-n, ln2_low, rest - high)};
}
ACT_HOST_DEVICE Reduced<double> reduced(double x) {
  constexpr double round = 0x1.8p52, inverse = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
  const double n = fma(x, inverse, round) - round;
  const double rest = fma(-n, ln2_high, x);
  const double high = fma(-n, ln2_low, rest);
  return {n, high, fma(-n, ln2_low, rest - high)};
}

// x = n·ln 2 + high as polynomials take it; in double also as a difference that isn't rounded.
template <class T>
struct ReducedForSum;
template <>
struct ReducedForSum<float> {
  float biased;  // n + what it was rounded with
  float high;

  // q = r + r²·bend.
  ACT_HOST_DEVICE float with_bend(float square, float bend) const {
    return fma(square, bend, high);
  }
};
template <>
struct ReducedForSum<double> {
  double biased, high, rest, less;

  ACT_HOST_DEVICE double with_bend(double square, double bend) const {
    return rest + fma(square, bend, -less);
  }
};

// `round`: 1.5·2²³ (1.5·2⁵²), the sum with which leaves an integer, plus an integer of one's own.
ACT_HOST_DEVICE ReducedForSum<float> reduced_for_sum(float x, float round) {
  constexpr float inverse = 0x1.715476p+0f;
  constexpr float ln2_high = 0x1.62ep-1f, ln2_low = 0x1.0bfbe8p-15f;
  const float biased = fma(x, inverse, round);
  const float n = biased - round;
  return {biased, fma(-n, ln2_low, fma(-n, ln2_high, x))};
}
ACT_HOST_DEVICE ReducedForSum<double> reduced_for_sum(double x, double round) {
  constexpr double inverse = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;
  const double biased = fma(x, inverse, round);
  const double n = biased - round;
  const double rest = fma(-n, ln2_high, x), less = n * ln2_low;
  return {biased, rest - less, rest, less};
}

// P in eʳ = 1 + r + r²·P(r), |r| <= ln(2)/2. tools/fit_exp.py; error 2^-28.0 and 2^-56.3 of eʳ.
ACT_HOST_DEVICE float polynomial(float r) {
  float p = 0x1.6a25dp-10f;
  p = fma(p, r, 0x1.1239e4p-7f);
  p = fma(p, r, 0x1.5558fp-5f);
  p = fma(p, r, 0x1.555492p-3f);
  return fma(p, r, 0x1.fffffcp-2f);
}
struct DoubleCoefficients {
  static constexpr double p0 = 0x1.000000000000ap-1, p1 = 0x1.55555555554fap-3,
                          p2 = 0x1.5555555550879p-5, p3 = 0x1.1111111127af5p-7,
                          p4 = 0x1.6c16c1842aab4p-10, p5 = 0x1.a01a012aaa6fp-13,
                          p6 = 0x1.a0199a0ad0704p-16, p7 = 0x1.71df249aba791p-19,
                          p8 = 0x1.28ad744252ed9p-22, p9 = 0x1.ad808c8faa6fap-26;
};
ACT_HOST_DEVICE double polynomial(double r) {
  using C = DoubleCoefficients;
  double p = C::p9;
  p = fma(p, r, C::p8);
  p = fma(p, r, C::p7);
  p = fma(p, r, C::p6);
  p = fma(p, r, C::p5);
  p = fma(p, r, C::p4);
  p = fma(p, r, C::p3);
  p = fma(p, r, C::p2);
  p = fma(p, r, C::p1);
  return fma(p, r, C::p0);
}

// The same where w = r² is at hand, in double by even and odd powers: the chain of operations is
// half as long.
ACT_HOST_DEVICE float polynomial(float r, float) { return polynomial(r); }
ACT_HOST_DEVICE double polynomial(double r, double w) {
  using C = DoubleCoefficients;
  double odd = C::p9;
  odd = fma(odd, w, C::p7);
  odd = fma(odd, w, C::p5);
  odd = fma(odd, w, C::p3);
  odd = fma(odd, w, C::p1);
  double even = C::p8;
  even = fma(even, w, C::p6);
  even = fma(even, w, C::p4);
  even = fma(even, w, C::p2);
  even = fma(even, w, C::p0);
  return fma(odd, r, even);
}

// P where eʳ - 1 is wanted with one rounding at the end; error 2^-28.4 of it. In double the same.
ACT_HOST_DEVICE float accurate_polynomial(float r) {
  float p = 0x1.a2a4a2p-13f;
  p = fma(p, r, 0x1.6d8358p-10f);
  p = fma(p, r, 0x1.11101cp-7f);
  p = fma(p, r, 0x1.55549ep-5f);
  p = fma(p, r, 0x1.555556p-3f);
  return fma(p, r, 0x1.000000p-1f);
}
ACT_HOST_DEVICE double accurate_polynomial(double r) { return polynomial(r); }

}  // namespace exponential

// The parts of eˣ.
template <class T>
ACT_HOST_DEVICE Exponential<T> exp_parts(T x) {
  const exponential::Reduced<T> r = exponential::reduced(exponential::bounded(x));
  return {fma(r.high * r.high, exponential::polynomial(r.high), r.high), r.n};
}

// The parts of eˣ with q as an unevaluated sum q + low, for differences such as eˣ - 1 and for
// quotients.
template <class T>
struct AccurateExponential {
  T q, low;
  T n;
};

// For arguments within the bounds of exponential::bounded.
template <class T>
ACT_HOST_DEVICE AccurateExponential<T> accurate_exp_parts(T x) {
  const exponential::Reduced<T> r = exponential::reduced(x);
  const T tail = fma(r.high * r.high, exponential::polynomial(r.high), r.low);
  const T q = r.high + tail;
  return {q, tail - (q - r.high), r.n};
}

template <class T>
ACT_HOST_DEVICE T exp(Exponential<T> e) {
  return scale(T(1) + e.q, e.n);
}

// Largest errors seen: float 1.00 ulp (every 61st number), double 1.04 ulp (3·10⁶ numbers).
ACT_HOST_DEVICE float exp(float x) { return exp(exp_parts(x)); }
ACT_HOST_DEVICE double exp(double x) { return exp(exp_parts(x)); }

}  // namespace act::elementary
