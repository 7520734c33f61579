// relu6(x) = min(max(x, 0), 6), with subgradient 0 at both kinks. Krizhevsky: Convolutional Deep
// Belief Networks on CIFAR-10, 2010.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/clamp.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Relu6 {
  // 0 and 6 are exact in every dtype, so an output strictly between them is its own input.
  static constexpr Declaration declaration{
      .name = "relu6",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .saved = Saved::output,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  ACT_HOST_DEVICE explicit Relu6(ParameterValues) {}

  // -0 and NaN fail both comparisons and pass.
  ACT_HOST_DEVICE T value(T x) const {
    const T y = elementary::between_zero_and(T(6), x);
    return (x < T(0)) | (x > T(0)) ? y : x;
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const T slope = (x > T(0)) & (x < T(6)) ? T(1) : T(0);
    return elementary::is_nan(x) ? x : slope;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE static constexpr elementary::Slopes<T> slopes() { return {T(0), T(1)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return derivative(y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }
};

}  // namespace act::formulas
