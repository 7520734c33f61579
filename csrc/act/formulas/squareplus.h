// squareplus(x) = (x + √(x² + b))/2. Barron: arXiv:2112.11687. For b = 0 it is relu, with its
// subgradient 0 at 0.
#pragma once

#include <act/declaration.h>
#include <act/elementary/clamp.h>
#include <act/elementary/exp_bounded.h>
#include <act/elementary/root.h>

namespace act::formulas {

// With t = |x|, s = √(t² + b) and h = (t + s)/2, the value is h for x > 0 and b/(4h) for x < 0:
// nothing cancels. Where b or its root's error t²·b would leave the exponent's range, x is counted
// in units of a power of two near √b.
template <class T>
struct Squareplus {
  using Pair = elementary::Pair<T>;

  static constexpr Declaration declaration{
      .name = "squareplus",
      .parameters = {{"b", 4.0}},
      .requirement = "b must be at least 0 and finite",
      .accepts =
          [](ParameterValues p) {
            return p.first >= 0 && p.first <= elementary::largest<double>();
          },
  };

  ACT_HOST_DEVICE explicit Squareplus(ParameterValues p)
      : unit_exponent(exponent_of_unit(p.first)) {
    using elementary::exact_power;
    const double scaled = p.first * exact_power(-unit_exponent) * exact_power(-unit_exponent);
    b = elementary::finite<T>(scaled);
    under_root = b > negligible ? b : negligible;
    inverse_b = b < least_normal ? T(0) : T(1) / b;
    unit = T(exact_power(unit_exponent));
    inverse_unit = T(exact_power(-unit_exponent));
    quarter_unit = T(exact_power(unit_exponent - 2));
    curvature = elementary::finite<T>(0.5 * double(b) * exact_power(-unit_exponent));
  }

  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE Pair begin_value(T x) const { return root(elementary::abs(x) * inverse_unit); }
  ACT_HOST_DEVICE T value(T x, Pair s) const {
    const T t = elementary::abs(x) * inverse_unit;
    const bool far = t > end;
    // The halves first, for their sum could overflow.
    const Pair h = elementary::ordered_sum(T(0.5) * s.high, T(0.5) * t);
    const T h_low = elementary::fma(T(0.5), s.low, h.low);
    const T above = (h.high + h_low) * unit;
    const T quotient = b / h.high;
    const T remainder = elementary::fma(-quotient, h_low, elementary::fma(-quotient, h.high, b));
    const T correction = far ? T(0) : remainder * (quotient * inverse_b);
    const T below = (quotient + correction) * quarter_unit;
    return x >= T(0) ? (far ? x : above) : below;  // NaN is below
  }

  // For x < 0, b/(4·h·s) = b/(2·s²·(1 + t/s)), and 1 minus that for x > 0.
  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }
  ACT_HOST_DEVICE Pair begin_derivative(T x) const {
    return elementary::reciprocal(root(bounded_magnitude(x)));
  }
  ACT_HOST_DEVICE T derivative(T x, Pair w) const {
    const Pair u = elementary::product(bounded_magnitude(x), w);
    Pair d = elementary::ordered_sum(T(1), u.high);
    d.low += u.low;
    const Pair a = elementary::product(elementary::quotient({T(0.5) * b, T(0)}, d), w);
    const T low = elementary::fma(a.low, w.high, a.high * w.low);
    const T start = x > T(0) ? T(1) : T(0), sign = x > T(0) ? T(-1) : T(1);
    const T y = elementary::fma(sign * a.high, w.high, elementary::fma(sign, low, start));
    return elementary::is_nan(x) ? x : y;
  }

  // b/(2·s³).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Pair s = root(bounded_magnitude(x));
    const T w = T(1) / s.high;
    const T lost = elementary::fma(-w, s.low, elementary::fma(-w, s.high, T(1)));
    const T y = curvature * w * w * w;
    return elementary::is_nan(x) ? x : elementary::fma(y, T(3) * lost, y);
  }

  // -3·b·x/(2·s⁵); far out, where x² would overflow, it counts as 0.
  template <class X>
  X third_derivative(const X& x) const {
    if (b == T(0)) return 0.0 * clamp(x, -1.0, 1.0);
    const double inverse = double(inverse_unit);
    const X t = x * inverse, bounded = clamp(t, -1e18, 1e18);
    const X w = 1.0 / sqrt(bounded * bounded + double(b));
    const X y = (-1.5 * double(b) * inverse * inverse) * (bounded * w) * w * w * w * w;
    return where(abs(t) > 1e18, 0.0, y);
  }

 private:
  static constexpr bool single = sizeof(T) == sizeof(float);
  static constexpr T least_normal = single ? T(0x1p-126) : T(0x1p-1022);
  // Under the root instead of a b of 0: less than the unit of the last place of any t² but 0.
  static constexpr T negligible = single ? T(0x1p-120) : T(0x1p-400);
  // √(t² + b) is t beyond, and t² still finite.
  static constexpr T end = T(0x1p60);

  // 0 where b's own size serves: so t does not overflow where b/t still is a number.
  ACT_HOST_DEVICE static int exponent_of_unit(double b) {
    constexpr int most = single ? 124 : 1020, plain = single ? -50 : -480;
    if (b == 0) return -most;
    const int k = elementary::exponent_of(b) >> 1;
    return k > most ? most : (k < -most ? -most : (k >= plain && k <= 0 ? 0 : k));
  }

  // |x| in units, up to where the derivatives have reached their limits.
  ACT_HOST_DEVICE T bounded_magnitude(T x) const {
    return elementary::magnitude_up_to(single ? T(0x1p100) : T(0x1p600), x * inverse_unit);
  }

  // √(t² + b), t where that is far.
  ACT_HOST_DEVICE Pair root(T t) const {
    const T bounded = elementary::magnitude_up_to(end, t);
    const Pair square = elementary::product(bounded, bounded);
    const Pair sum = elementary::any_sum(square.high, under_root);
    const Pair s = elementary::sqrt(Pair{sum.high, sum.low + square.low});
    return {s.high > t ? s.high : t, s.low};
  }

  int unit_exponent;
  T b, under_root, inverse_b, unit, inverse_unit, quarter_unit, curvature;
};

}  // namespace act::formulas
