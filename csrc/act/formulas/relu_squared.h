// relu_squared(x) = max(x, 0)². So et al.: Primer, arXiv:2109.08668.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>

namespace act::formulas {

// The output does not tell the derivative: the square of a number below 2^-75 (float) is 0, and
// that of 256 is infinite in float16, where the derivative is 512.
template <class T>
struct ReluSquared {
  static constexpr Declaration declaration{
      .name = "relu_squared",
      .flat_blocks_gradient = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
  };

  ACT_HOST_DEVICE explicit ReluSquared(ParameterValues) {}

  // NaN fails the comparison and passes.
  ACT_HOST_DEVICE T value(T x) const {
    const T y = positive(x);
    return y * y;
  }
  ACT_HOST_DEVICE T derivative(T x) const { return T(2) * positive(x); }

  // 0 at the jump from 0 to 2, as twice differentiated by torch.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    return x > T(0) ? T(2) : (x <= T(0) ? T(0) : x);
  }

 private:
  ACT_HOST_DEVICE static T positive(T x) { return x < T(0) ? T(0) : x; }
};

}  // namespace act::formulas
