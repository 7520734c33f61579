// gelu(x) = x·Φ(x), with Φ the normal distribution function. Hendrycks, Gimpel: arXiv:1606.08415.
// Computed as max(x, 0) - |x|·Q(|x|): no cancellation in either tail.
//
// Largest errors seen: float value 1.75 ulp, derivative 1.71, second derivative 1.89 (all numbers);
// double 1.87, 1.29, 1.57 (45,000 numbers).
#pragma once

#include <act/declaration.h>
#include <act/elementary/normal_tail.h>

namespace act::formulas {

template <class T>
struct Gelu {
  static constexpr Declaration declaration{
      .name = "gelu",
      .variant_argument = "approximate",
      .variant = "none",
  };

  ACT_HOST_DEVICE explicit Gelu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const T t = elementary::tail_argument(x);
    const T tail = elementary::gaussian(t).times(elementary::doubled_tail(t));
    // NaN passes here. -0 - 0 = -0 at -inf, and the zeros keep their sign.
    const T positive = T(-0.0) > x ? T(-0.0) : x;
    return elementary::fma(tail, T(-0.5) * Decay::lowering, positive);
  }

  // Φ(x) + x·φ(x): below 0 that is Q(t) - t·φ(t), above 0 its complement.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T t = elementary::tail_argument(x);
    const T below = elementary::gaussian(t).times(elementary::doubled_slope(t));
    constexpr T factor = T(0.5) * Decay::lowering;
    const T result = elementary::fma(below, x > T(0) ? -factor : factor, x > T(0) ? T(1) : T(0));
    return elementary::is_nan(x) ? x : result;
  }

  // φ(x)·(2 - x²).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T t = elementary::tail_argument(x);
    const T factor = elementary::fma(-t, t, T(2));
    const T result = elementary::gaussian(t).times(
                         elementary::product(factor, elementary::normal::density(T()))) *
                     Decay::lowering;
    return elementary::is_nan(x) ? x : result;
  }

  // φ(x)·(x³ - 4x); far out, x³ would overflow before it meets φ = 0.
  template <class X>
  X third_derivative(const X& x) const {
    constexpr double density = 0.39894228040143267794;  // 1/√(2π)
    const X t = clamp(x, -50.0, 50.0);
    return density * exp(-0.5 * t * t) * t * (t * t - 4.0);
  }

 private:
  using Decay = elementary::Decay<T>;
};

}  // namespace act::formulas
