// hardsigmoid(x) = min(max(x + 3, 0), 6) / 6, with subgradient 0 at both kinks.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/clamp.h>
#include <act/elementary/sixth.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Hardsigmoid {
  // Between the kinks the output is strictly between 0 and 1 in every dtype: next to 3, where an
  // input's spacing is 4 output units, 1 - y is 4/6 of a unit, which rounds to a whole one.
  static constexpr Declaration declaration{
      .name = "hardsigmoid",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .saved = Saved::output,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  ACT_HOST_DEVICE explicit Hardsigmoid(ParameterValues) {}

  // x + 3 rounds up to 6 for the last x below 3; its rounding error, exact by Dekker's Fast2Sum (3
  // is a multiple of the unit of any x that exceeds it), puts that right.
  // The bounds come out of it as 0 and 1.
  ACT_HOST_DEVICE T value(T x) const {
    const T bounded = elementary::at_most(T(3), elementary::at_least(T(-3), x));
    const T sum = bounded + T(3);
    const T error = bounded - (sum - T(3));
    const T y = elementary::sixth(sum, error);
    return elementary::is_nan(x) ? x : y;
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const T slope = (x > T(-3)) & (x < T(3)) ? T(1.0 / 6) : T(0);
    return elementary::is_nan(x) ? x : slope;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE elementary::Slopes<T> slopes() const { return {T(0), T(1.0 / 6)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const {
    const T slope = (y > T(0)) & (y < T(1)) ? T(1.0 / 6) : T(0);
    return elementary::is_nan(y) ? y : slope;
  }

  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }
};

}  // namespace act::formulas
