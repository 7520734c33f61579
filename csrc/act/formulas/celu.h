// celu(x) = max(x, 0) + min(0, alpha·(e^(x/alpha) - 1)), continuously differentiable. Barron:
// arXiv:1704.07483.
#pragma once

#include <act/declaration.h>
#include <act/elementary/expm1.h>
#include <act/elementary/limits.h>

namespace act::formulas {

template <class T>
struct Celu {
  static constexpr Declaration declaration{
      .name = "celu",
      .short_derivative = true,
      .parameters = {{"alpha", 1.0}},
      .requirement = "alpha != 0",
      .accepts = [](ParameterValues p) { return p.first != 0; },
      .output_determines_derivative = [](ParameterValues p,
                                         double (*)(double)) { return p.first > 0; },
  };

  // Below 0, x/alpha has the sign of -alpha.
  using Exponential = elementary::AccurateBiasedExponential<T>;

  ACT_HOST_DEVICE explicit Celu(ParameterValues p)
      : alpha(T(p.first)),
        inverse(finite_reciprocal(alpha)),
        expm1(alpha, alpha < T(0)),
        first(T(1), alpha < T(0)),
        second(inverse.high, alpha < T(0)) {
    const bool linear = elementary::abs(alpha) > elementary::largest<T>();
    constexpr T negligible = sizeof(T) == sizeof(float) ? T(0x1p-24) : T(0x1p-53);
    identity = -negligible * elementary::abs(alpha);
    value_end = elementary::finite<T>(expm1.exponential.end * alpha);
    first_end = linear ? T(0) : elementary::finite<T>(first.end * alpha);
    second_end = linear ? T(0) : elementary::finite<T>(second.end * alpha);
    slope_one = linear ? -elementary::infinity<T>() : T(0);
    if (linear) first.limit = T(1), second.limit = T(0);
  }

  // Above `identity` e^(x/alpha) is 1 + x/alpha and the result x, for infinite alpha everywhere.
  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE Exponential begin_value(T x) const {
    const Pair<T> z = scaled(x);
    return expm1.exponential.accurate_parts(z.high, z.low);
  }
  ACT_HOST_DEVICE T value(T x, Exponential e) const {
    const T inner = expm1.times_exactly(e);
    const T y = x < value_end ? expm1.exponential.limit : inner;
    return x < identity ? y : x;
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const Pair<T> z = scaled(x);
    const T inner = first.times(first.parts(z.high, z.low));
    const T y = x < first_end ? first.limit : inner;
    return x >= T(0) ? T(1) : y;
  }

  // At 0 the one on the left.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Pair<T> z = scaled(x);
    const T inner = second.times(second.parts(z.high, z.low));
    const T y = x < second_end ? second.limit : inner;
    return x > T(0) ? T(0) : y;
  }

  // y + alpha = alpha·e^(x/alpha); from a rounded output its digits are lost where the exponential
  // is small.
  ACT_HOST_DEVICE T derivative_from_output(T y) const {
    return y >= slope_one ? T(1) : (y + alpha) * inverse.high;
  }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const {
    return y > T(0) ? T(0) : (y <= T(0) ? inverse.high : y);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return where(x > 0.0, 0.0, exp(clamp_max(x, 0.0) / alpha) / alpha / alpha);
  }

 private:
  template <class U>
  using Pair = elementary::Pair<U>;

  // Finite, so that 0/alpha is 0 for the smallest alpha.
  ACT_HOST_DEVICE static Pair<T> finite_reciprocal(T alpha) {
    const Pair<T> exact = elementary::parameter_reciprocal(alpha);
    return {elementary::finite<T>(exact.high), exact.low};
  }

  // x/alpha = high + low: the exponential would magnify the error of a rounded quotient.
  ACT_HOST_DEVICE Pair<T> scaled(T x) const {
    const T z = x * inverse.high;
    return {z, elementary::fma(x, inverse.low, elementary::fma(x, inverse.high, -z))};
  }

  T alpha;
  Pair<T> inverse;
  elementary::Expm1WithFactor<T> expm1;
  elementary::ExpWithFactor<T> first, second;
  T identity, value_end, first_end, second_end, slope_one;
};

}  // namespace act::formulas
