// sigmoid(x) = 1 / (1 + e⁻ˣ).
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Sigmoid {
  static constexpr Declaration declaration{
      .name = "sigmoid",
      .saved = Saved::output,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  ACT_HOST_DEVICE explicit Sigmoid(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE elementary::BiasedExponential<T> begin_value(T x) const {
    return elementary::sigmoid_exponential(x);
  }
  ACT_HOST_DEVICE T value(T x, elementary::BiasedExponential<T> e) const {
    return elementary::sigmoid(x, e);
  }

  ACT_HOST_DEVICE T derivative(T x) const { return elementary::times_sigmoid_derivative(T(1), x); }

  // σ(x)·σ(-x)·tanh(-x/2).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T y = elementary::times_sigmoid_second_derivative(T(1), elementary::abs(x));
    return x == T(0) ? -x : elementary::copysign(y, -x);
  }

  // From a rounded output, the derivative loses its digits where the output is near 1.
  ACT_HOST_DEVICE T derivative_from_output(T y) const { return elementary::fma(-y, y, y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const {
    return elementary::fma(T(-2), y, T(1));
  }

  template <class X>
  X third_derivative(const X& x) const {
    return elementary::SigmoidDerivatives<X>(x).third;
  }
  double third_derivative_from_output() const { return -2; }
};

}  // namespace act::formulas
