// hardshrink(x) = 0 where |x| <= lambd, else x, with derivative 0 at both jumps. A negative lambd,
// which torch.nn allows, makes it the identity.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct Hardshrink {
  static constexpr Declaration declaration{
      .name = "hardshrink",
      .flat_blocks_gradient = true,
      .two_slopes = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
      .parameters = {{"lambd", 0.5}},
  };

  ACT_HOST_DEVICE explicit Hardshrink(ParameterValues p) : lambd_(T(p.first)) {}

  // An odd function: what is shrunk keeps its sign.
  ACT_HOST_DEVICE T value(T x) const {
    return elementary::abs(x) <= lambd_ ? elementary::copysign(T(0), x) : x;
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
