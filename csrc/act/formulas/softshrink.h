// softshrink(x) = sign(x)·max(|x| - lambd, 0), with subgradient 0 at both kinks.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Softshrink {
  static constexpr Declaration declaration{
      .name = "softshrink",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .parameters = {{"lambd", 0.5}},
      .requirement = "lambd >= 0",
      .accepts = [](ParameterValues p) { return p.first >= 0; },
  };

  ACT_HOST_DEVICE explicit Softshrink(ParameterValues p) : lambd_(T(p.first)) {}

  // Compared before it is subtracted: an infinite lambd shrinks infinities, too.
  ACT_HOST_DEVICE T value(T x) const {
    const T t = elementary::abs(x);
    return elementary::copysign(t <= lambd_ ? T(0) : t - lambd_, x);
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const T slope = elementary::abs(x) <= lambd_ ? T(0) : T(1);
    return elementary::is_nan(x) ? x : slope;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE static constexpr elementary::Slopes<T> slopes() { return {T(0), T(1)}; }

 private:
  T lambd_;
};

}  // namespace act::formulas
