// quick_gelu(x) = x·σ(1.702·x). Hendrycks, Gimpel: arXiv:1606.08415. It is silu(z)/1.702 with z =
// 1.702·x, so its derivatives are silu's at z; z is carried with its rounding error.
#pragma once

#include <act/declaration.h>
#include <act/elementary/beside_zero.h>
#include <act/elementary/exp_biased_accurate.h>
#include <act/elementary/quotient.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

// With t = |z| and e = e⁻ᵗ: σ(-t) = e/(1 + e) and σ(t) = 1/(1 + e). The power of two in e
// is multiplied last, so that a subnormal result is rounded once more at most.
template <class T>
struct QuickGelu {
  static constexpr Declaration declaration{.name = "quick_gelu"};

  using Exponential = elementary::AccurateBiasedExponential<T>;
  // Of 1 + e.
  struct Quotient {
    T denominator, denominator_low, inverse;
  };
  // e unbiased, and 1/(1 + e)².
  struct Continued {
    T small, small_low, inverse;
  };

  ACT_HOST_DEVICE explicit QuickGelu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Exponential e = begin_value(x);
    return value(x, e, continue_value(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_value(T x) const { return exponential(argument(x)); }
  ACT_HOST_DEVICE Quotient continue_value(T, Exponential e) const {
    const Parts p(e);
    return {p.denominator.high, p.denominator.low, p.inverse};
  }
  ACT_HOST_DEVICE T value(T x, Exponential e, Quotient q) const {
    using elementary::fma;
    const bool negative = x < T(0);
    const T magnitude = elementary::magnitude_up_to(furthest, x);
    const T bounded = elementary::copysign(magnitude, x);
    const T high = bounded * q.inverse;
    const T remainder = fma(-high, q.denominator_low, fma(-high, q.denominator, bounded));
    const T low = remainder * q.inverse;
    const T decayed = times(high, low, e) * unbiased;
    const T y = negative ? decayed : high + low;
    // NaN fails the comparison and passes.
    return x < saturated ? elementary::copysign(y, x) : x;
  }

  // e·r with r = (1 + e - t)/(1 + e)² for x < 0, and 1 minus that for x > 0, as silu's.
  ACT_HOST_DEVICE T derivative(T x) const {
    const Exponential e = begin_derivative(x);
    return derivative(x, e, continue_derivative(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_derivative(T x) const { return begin_value(x); }
  ACT_HOST_DEVICE Continued continue_derivative(T, Exponential e) const {
    const Parts p(e);
    return {p.small, p.small_low, p.inverse * p.inverse};
  }
  ACT_HOST_DEVICE T derivative(T x, Exponential e, Continued c) const {
    using elementary::fma;
    const elementary::Pair<T> t = argument(x);
    const T one_minus_t = T(1) - t.high, two_plus_e = T(2) + c.small;
    const T r = (one_minus_t + c.small) * c.inverse;
    const T by_e = fma(-r, two_plus_e, T(1));
    const T remainder = fma(c.small, by_e, one_minus_t - r) + fma(c.small_low, by_e, -t.low);
    const T biased = times(r, remainder * c.inverse, e);
    const T y = fma(biased, x < T(0) ? unbiased : -unbiased, x < T(0) ? T(-0.0) : T(1));
    return elementary::beside_zero<elementary::ZeroOfSilu>(elementary::product(x, scale()), y);
  }

  // 1.702·σ(z)·σ(-z)·(2 - t·tanh(t/2)).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    using elementary::fma;
    const elementary::Pair<T> t = argument(x);
    const Exponential e = exponential(t);
    const Parts p(e);
    const T inverse_low =
        p.inverse * fma(-p.inverse, p.denominator.low, fma(-p.inverse, p.denominator.high, T(1)));
    const T difference = T(1) - p.small;
    const T tanh_half = fma(difference, p.inverse, difference * inverse_low);
    const T bracket = scale().high * fma(-t.high, tanh_half, T(2));
    const elementary::Pair<T> inverse{p.inverse, inverse_low};
    const elementary::Pair<T> square = elementary::product(inverse, inverse);
    const T y = times(bracket * square.high, bracket * square.low, e) * unbiased;
    return elementary::is_nan(x) ? x : y;
  }

  // 1.702²·(3·σ″ + z·σ‴), where an infinite z would meet σ‴ = 0.
  template <class X>
  X third_derivative(const X& x) const {
    const X z = 1.702 * clamp(x, -1000.0, 1000.0);
    const elementary::SigmoidDerivatives<X> s(z);
    return 1.702 * 1.702 * (3.0 * s.second + z * s.third);
  }

 private:
  static constexpr T unbiased = T(1) / elementary::Bias<T>::factor;
  // z is there where silu(z) has underflown.
  static constexpr T furthest = sizeof(T) == sizeof(float) ? T(65) : T(465);
  // From there on the value is x.
  static constexpr T saturated = sizeof(T) == sizeof(float) ? T(24) : T(36);

  // 1.702 to twice the precision.
  ACT_HOST_DEVICE static constexpr elementary::Pair<T> scale() {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {0x1.b3b646p+0f, -0x1.78d4fep-26f};
    } else {
      return {0x1.b3b645a1cac08p+0, 0x1.89374bc6a7efap-55};
    }
  }

  // t.
  ACT_HOST_DEVICE static elementary::Pair<T> argument(T x) {
    return elementary::product(elementary::magnitude_up_to(furthest, x), scale());
  }
  // e⁻ᵗ.
  ACT_HOST_DEVICE static Exponential exponential(elementary::Pair<T> t) {
    return elementary::accurate_exp_biased<1>(-t.high, -t.low);
  }

  struct Parts {
    T small, small_low;               // e⁻ᵗ unbiased, 0 where it is tiny
    elementary::Pair<T> denominator;  // 1 + e
    T inverse;

    ACT_HOST_DEVICE explicit Parts(Exponential e) {
      const T power = e.power * unbiased;
      small = elementary::fma(power, e.q, power);
      small_low = elementary::fma(power, e.q, power - small) + power * e.q_low;
      denominator = elementary::ordered_sum(T(1), small);
      denominator.low += small_low;
      inverse = T(1) / denominator.high;
    }
  };

  // (a + low)·e⁻ᵗ·2ˢ.
  ACT_HOST_DEVICE static T times(T a, T low, Exponential e) {
    using elementary::fma;
    return (a + fma(a, e.q, fma(low, e.q, fma(a, e.q_low, low)))) * e.power;
  }
};

}  // namespace act::formulas
