// hardtanh(x) = x clamped to [min_val, max_val], with subgradient 0 at both bounds.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/representable.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Hardtanh {
  static constexpr Declaration declaration{
      .name = "hardtanh",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .parameters = {{"min_val", -1.0}, {"max_val", 1.0}},
      .requirement = "min_val <= max_val",
      .accepts = [](ParameterValues p) { return p.first <= p.second; },
      // A bound that rounding moves inwards would look like an inner value.
      .output_determines_derivative =
          [](ParameterValues p, double (*rounded)(double)) {
            return elementary::survives_rounding(p.first, rounded) &&
                   elementary::survives_rounding(p.second, rounded);
          },
  };

  ACT_HOST_DEVICE explicit Hardtanh(ParameterValues p) : min_(T(p.first)), max_(T(p.second)) {}

  ACT_HOST_DEVICE T value(T x) const {
    const T raised = x < min_ ? min_ : x;
    return raised > max_ ? max_ : raised;
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const T slope = (x > min_) & (x < max_) ? T(1) : T(0);
    return elementary::is_nan(x) ? x : slope;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE static constexpr elementary::Slopes<T> slopes() { return {T(0), T(1)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return derivative(y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }

 private:
  T min_, max_;
};

}  // namespace act::formulas
