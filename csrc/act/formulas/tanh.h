// tanh(x).
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>
#include <act/elementary/tanh.h>

namespace act::formulas {

template <class T>
struct Tanh {
  static constexpr Declaration declaration{
      .name = "tanh",
      .saved = Saved::output,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  using Exponential = elementary::AccurateExponential<T>;

  ACT_HOST_DEVICE explicit Tanh(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Exponential e = begin_value(x);
    return value(x, e, continue_value(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_value(T x) const { return elementary::tanh_exponential(x); }
  ACT_HOST_DEVICE elementary::Fraction<T> continue_value(T, Exponential e) const {
    return elementary::tanh_fraction(e);
  }
  ACT_HOST_DEVICE T value(T x, Exponential, elementary::Fraction<T> f) const {
    const elementary::Pair<T> positive = elementary::quotient(f.numerator, f.denominator);
    const T y = elementary::copysign(positive.high + positive.low, x);
    return elementary::is_nan(x) ? x : y;
  }

  // 1 - tanh² = 4·σ(2x)·σ(-2x), which has all its digits in saturation.
  ACT_HOST_DEVICE T derivative(T x) const {
    return elementary::times_sigmoid_derivative(T(4), T(2) * x);
  }

  // -2·tanh·(1 - tanh²).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T y = elementary::times_sigmoid_second_derivative(T(8), T(2) * elementary::abs(x));
    return x == T(0) ? -x : elementary::copysign(y, -x);
  }

  // From a rounded output, the derivative loses its digits where the output is near ±1.
  ACT_HOST_DEVICE T derivative_from_output(T y) const { return elementary::fma(-y, y, T(1)); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return T(-2) * y; }

  // tanh(x) = 2·σ(2x) - 1.
  template <class X>
  X third_derivative(const X& x) const {
    return 16.0 * elementary::SigmoidDerivatives<X>(2.0 * x).third;
  }
  double third_derivative_from_output() const { return -2; }
};

}  // namespace act::formulas
