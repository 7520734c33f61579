// sigmoid(x) = 1 / (1 + e⁻ˣ).
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>

namespace act::formulas {

template <class T>
struct Sigmoid {
  static constexpr Declaration declaration{
      .name = "sigmoid",
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  ACT_HOST_DEVICE explicit Sigmoid(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const { return elementary::sigmoid(x); }

  // σ(x)·σ(-x) = w - w² with w, the smaller of the two: no digit is lost, in neither tail.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T w = elementary::sigmoid(-elementary::abs(x));
    return elementary::fma(-w, w, w);
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return x; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return elementary::fma(-y, y, y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const {
    return elementary::fma(T(-2), y, T(1));
  }
};

}  // namespace act::formulas
