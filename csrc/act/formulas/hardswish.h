// hardswish(x) = x·min(max(x + 3, 0), 6) / 6; its derivative is 0 at -3 and 1 at 3.
// Howard et al.: Searching for MobileNetV3, arXiv:1905.02244.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/clamp.h>
#include <act/elementary/sixth.h>

namespace act::formulas {

template <class T>
struct Hardswish {
  static constexpr Declaration declaration{
      .name = "hardswish",
      .flat_blocks_gradient = true,
      .limited_by_memory = true,
      .nearest_in_half = true,
  };

  ACT_HOST_DEVICE explicit Hardswish(ParameterValues) {}

  // From 3 on x is chosen, not computed: x·6 would overflow. Up to -3 -0 is computed from -3:
  // -inf·0 would be NaN. NaN fails the comparison and passes.
  ACT_HOST_DEVICE T value(T x) const {
    using elementary::fma;
    const T raised = elementary::at_least(T(-3), x);
    const T sum = raised + T(3);
    const T error = raised - (sum - T(3));
    const T product = raised * sum;
    const T excess = fma(-raised, error, fma(-raised, sum, product));
    const T inner = elementary::sixth_of_difference(product, excess);
    return x < T(3) ? above_middle(x, inner) : x;
  }

  // (2x + 3) / 6: next to its zero the sum is exact.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T inner = elementary::sixth(elementary::fma(T(2), x, T(3)));
    return x <= T(-3) ? T(0) : (x >= T(3) ? T(1) : inner);
  }

  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T curvature = (x > T(-3)) & (x < T(3)) ? T(1.0 / 3) : T(0);
    return elementary::is_nan(x) ? x : curvature;
  }

 private:
  // float16's smallest number has a result just above half of it, to which float32 rounds; the
  // tie would then go to 0. The next float32 is less than 1 ulp off, too.
  ACT_HOST_DEVICE static float above_middle(float x, float y) {
    return elementary::from_bits(elementary::to_bits(y) + (x == 0x1p-24f ? 1 : 0));
  }
  ACT_HOST_DEVICE static double above_middle(double, double y) { return y; }
};

}  // namespace act::formulas
