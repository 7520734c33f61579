// hard_mish(x) = x/2·min(2, max(0, x + 2)). Misra: H-Mish, 2020, as in timm.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>

namespace act::formulas {

template <class T>
struct HardMish {
  static constexpr Declaration declaration{
      .name = "hard_mish",
      .flat_blocks_gradient = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
  };

  ACT_HOST_DEVICE explicit HardMish(ParameterValues) {}

  // x + x²/2, rounded once. Up to -2 the limit from the right, -0; from 0 on x itself.
  ACT_HOST_DEVICE T value(T x) const {
    const T inner = elementary::fma(T(0.5) * x, x, x);
    return x <= T(-2) ? -T(0) : (x < T(0) ? inner : x);
  }

  // At -2 the derivatives are those of the right, -1 and 1, as of torch's clamp; the first rises
  // without a jump to 1 at 0.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T inner = x + T(1);
    const T y = x < T(-2) ? T(0) : (x >= T(0) ? T(1) : inner);
    return elementary::is_nan(x) ? x : y;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T curvature = (x >= T(-2)) & (x < T(0)) ? T(1) : T(0);
    return elementary::is_nan(x) ? x : curvature;
  }
};

}  // namespace act::formulas
