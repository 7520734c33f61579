// threshold(x) = x above threshold, else value, with derivative 0 at the threshold.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/representable.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Threshold {
  static constexpr Declaration declaration{
      .name = "threshold",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .parameters = {{"threshold", 0, true}, {"value", 0, true}},
      // A value that lies above the threshold, or rounds to above it, would look like an input that
      // passed.
      .output_determines_derivative =
          [](ParameterValues p, double (*rounded)(double)) {
            return p.second <= p.first && elementary::survives_rounding(p.second, rounded);
          },
  };

  ACT_HOST_DEVICE explicit Threshold(ParameterValues p)
      : threshold_(T(p.first)), value_(T(p.second)) {}

  ACT_HOST_DEVICE T value(T x) const { return x <= threshold_ ? value_ : x; }

  ACT_HOST_DEVICE T derivative(T x) const {
    const T slope = x <= threshold_ ? T(0) : T(1);
    return elementary::is_nan(x) ? x : slope;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE static constexpr elementary::Slopes<T> slopes() { return {T(0), T(1)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return derivative(y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }

 private:
  T threshold_, value_;
};

}  // namespace act::formulas
