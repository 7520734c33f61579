// mish(x) = x·tanh(ln(1 + eˣ)). Misra: arXiv:1908.08681.
#pragma once

#include <act/declaration.h>
#include <act/elementary/beside_zero.h>
#include <act/elementary/clamp.h>
#include <act/elementary/exp_pair.h>
#include <act/elementary/quotient.h>

namespace act::formulas {

// With n = eˣ and D = n² + 2n + 2, tanh(ln(1 + n)) = n·(n + 2) / D: one exponential, and n, which
// gives the result its size in the left tail, multiplies last.
template <class T>
struct Mish {
  static constexpr Declaration declaration{.name = "mish"};

  using Exponential = elementary::ExponentialPair<T>;
  // 1/D and (n + 1)/D.
  struct OverDenominator {
    elementary::Pair<T> one, n_plus_1;
  };

  ACT_HOST_DEVICE explicit Mish(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Exponential e = begin_value(x);
    return value(x, e, continue_value(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_value(T x) const { return exponential(x); }
  ACT_HOST_DEVICE elementary::Pair<T> continue_value(T, Exponential e) const {
    const Parts p(e);
    return elementary::quotient(p.n_plus_2, p.denominator);
  }
  ACT_HOST_DEVICE T value(T x, Exponential e, elementary::Pair<T> factor) const {
    const T bounded = elementary::at_least(Bias::lowest, x);
    const T result = times_n(elementary::product(bounded, factor), e);
    // NaN fails the comparisons and passes.
    return (x <= identity) & (x != T(0)) ? result : x;
  }

  // n/D · (n + 2 + 4x·(1 + n)/D).
  ACT_HOST_DEVICE T derivative(T x) const {
    const Exponential e = begin_derivative(x);
    return derivative(x, e, continue_derivative(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_derivative(T x) const { return exponential(x); }
  ACT_HOST_DEVICE OverDenominator continue_derivative(T, Exponential e) const {
    const Parts p(e);
    const elementary::Pair<T> inverse = elementary::reciprocal(p.denominator);
    const elementary::Pair<T> n_plus_1 = elementary::product(plus(p.n_plus_2, T(-1)), inverse);
    // Number by number: g++ makes no vectors of a copy of a pair in a pair.
    return {{inverse.high, inverse.low}, {n_plus_1.high, n_plus_1.low}};
  }
  ACT_HOST_DEVICE T derivative(T x, Exponential e, OverDenominator over) const {
    const T bounded = elementary::at_least(Bias::lowest, x);
    const elementary::Pair<T> n_plus_2 = plus_2(e);
    const elementary::Pair<T> slope = elementary::product(T(4) * bounded, over.n_plus_1);
    elementary::Pair<T> bracket = plus(n_plus_2, slope.high);
    bracket.low += slope.low;
    const T result = times_n(elementary::product(bracket, over.one), e);
    return x > identity ? T(1) : elementary::beside_zero<elementary::ZeroOfMish>(x, result);
  }

  // 4n/D² · (2·(1 + n) + x·(2 + 2n - 3n² - 2n³)/D); for x > 0 the same in m = 1/n with m²·D instead
  // of D, which is 4m²/D² · (2·(1 + m) + x·(2m³ + 2m² - 3m - 2)/D).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    using elementary::fma;
    using elementary::Pair;
    const bool positive = x > T(0);
    const T absolute = elementary::abs(x);
    const T t = absolute > -lowest ? -lowest : absolute;
    const elementary::Exponential<T> e = elementary::exp_parts(-t);
    const Pair<T> m = normal(e);
    const T two_or_one = positive ? T(2) : T(1), one_or_two = positive ? T(1) : T(2);
    Pair<T> factor = elementary::ordered_sum(T(2), two_or_one * m.high);
    factor.low += two_or_one * m.low;
    const Pair<T> inverse =
        elementary::reciprocal(plus(elementary::product(m, factor), one_or_two));
    const Pair<T> square = elementary::product(inverse, inverse);
    const T cubic = positive ? fma(fma(fma(T(2), m.high, T(2)), m.high, T(-3)), m.high, T(-2))
                             : fma(fma(fma(T(-2), m.high, T(-3)), m.high, T(2)), m.high, T(2));
    const T bracket = fma(positive ? t : -t, cubic * inverse.high, fma(T(2), m.high, T(2)));
    const T y = T(4) * fma(bracket, square.high, bracket * square.low);
    const T once = fma(y, e.q, y);
    const T twice = fma(once, e.q, once);
    const T n = e.n < -greatest ? -greatest : e.n;
    return elementary::scale(positive ? twice : once, positive ? T(2) * n : e.n);
  }

  // 3·w″ + x·w‴ with w = tanh(ln(1 + eˣ)): w′ = (1 - w²)·σ and w″ = w′·h, h = σ(-x) - 2·w·σ.
  template <class X>
  X third_derivative(const X& x) const {
    const X t = clamp(x, -1000.0, 1000.0), y = softplus(t);
    const X s = sigmoid(t), c = sigmoid(-t), w = tanh(y);
    const X first = 4.0 * sigmoid(2.0 * y) * sigmoid(-2.0 * y) * s;
    const X h = c - 2.0 * w * s;
    const X third = first * (h * h - s * c - 2.0 * s * (first + w * c));
    return 3.0 * first * h + t * third;
  }

 private:
  using Bias = elementary::Bias<T>;
  static constexpr T unbias = T(1) / Bias::factor;
  static constexpr T lowest = sizeof(T) == sizeof(float) ? T(-150) : T(-1000);
  // Bound of n and 2n in `scale`; e^-2x is 0 far below.
  static constexpr T greatest = sizeof(T) == sizeof(float) ? T(120) : T(1000);
  // Above, mish(x) = x and its derivative is 1: what is missing is of the size of e^-2x.
  static constexpr T identity = T(25);

  ACT_HOST_DEVICE static Exponential exponential(T x) {
    return elementary::exp_pair(
        elementary::at_most(identity, elementary::at_least(Bias::lowest, x)));
  }

  ACT_HOST_DEVICE static elementary::Pair<T> number(Exponential e) {
    const T power = e.power * unbias;
    return {e.high * power, e.low * power};
  }
  ACT_HOST_DEVICE static elementary::Pair<T> plus_2(Exponential e) { return plus(number(e), T(2)); }

  struct Parts {
    elementary::Pair<T> n_plus_2, denominator;
    ACT_HOST_DEVICE explicit Parts(Exponential e)
        : n_plus_2(plus_2(e)), denominator(plus(elementary::product(number(e), n_plus_2), T(2))) {}
  };

  ACT_HOST_DEVICE static elementary::Pair<T> plus(elementary::Pair<T> a, T b) {
    const elementary::Pair<T> sum = elementary::any_sum(a.high, b);
    return {sum.high, sum.low + a.low};
  }

  // y·eˣ, rounded once more where it is subnormal. y.low may be large beside y.high, where y.high
  // came from a cancellation.
  ACT_HOST_DEVICE static T times_n(elementary::Pair<T> y, Exponential e) {
    const elementary::Pair<T> n{e.high, e.low};
    const elementary::Pair<T> result = elementary::product(y, n);
    return (result.high + result.low) * e.power * unbias;
  }

  // eˣ as a summand, where what lies below the normal numbers does not count.
  ACT_HOST_DEVICE static elementary::Pair<T> normal(elementary::Exponential<T> e) {
    constexpr T least = sizeof(T) == sizeof(float) ? T(-126) : T(-1022);
    const T power = elementary::power_of_two(e.n < least ? least : e.n);
    const T high = elementary::fma(power, e.q, power);
    return {high, elementary::fma(power, e.q, power - high)};
  }
};

}  // namespace act::formulas
