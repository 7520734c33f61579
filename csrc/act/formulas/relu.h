// relu(x) = max(x, 0), with subgradient 0 at 0.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Relu {
  static constexpr Declaration declaration{
      .name = "relu",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .saved = Saved::output,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  ACT_HOST_DEVICE explicit Relu(ParameterValues) {}

  // Written so that NaN fails the comparison and passes through.
  ACT_HOST_DEVICE T value(T x) const { return x < T(0) ? T(0) : x; }
  ACT_HOST_DEVICE T derivative(T x) const { return x > T(0) ? T(1) : (x <= T(0) ? T(0) : x); }
  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE static constexpr elementary::Slopes<T> slopes() { return {T(0), T(1)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return derivative(y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }
};

}  // namespace act::formulas
