// softplus(x) = ln(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold.
#pragma once

#include <act/declaration.h>
#include <act/elementary/exp_bounded.h>
#include <act/elementary/log1p.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Softplus {
  static constexpr Declaration declaration{
      .name = "softplus",
      .parameters = {{"beta", 1.0}, {"threshold", 20.0}},
  };

  ACT_HOST_DEVICE explicit Softplus(ParameterValues p)
      : beta(T(p.first)),
        threshold(T(p.second)),
        inverse(elementary::parameter_reciprocal(beta)),
        over_beta(inverse.high, /*growing=*/false),
        times_beta(beta, /*growing=*/false),
        over_beta_end(T(over_beta.end)),
        times_beta_end(T(times_beta.end)),
        over_beta_low(T(inverse.low * elementary::exact_power(-over_beta.shift))),
        over_beta_one(T(elementary::exact_power(-over_beta.shift))),
        times_beta_one(T(elementary::exact_power(-times_beta.shift))),
        finite_inverse(elementary::finite<T>(double(inverse.high))),
        one_above(threshold < saturated ? threshold : saturated) {}

  // max(z, 0) / beta + ln(1 + e^-|z|) / beta with z = beta·x, where max(z, 0) / beta is x or 0.
  ACT_HOST_DEVICE T value(T x) const {
    constexpr T tail = sizeof(T) == sizeof(float) ? T(-30) : T(-60);
    const T z = beta * x;
    const Pair<T> t = minus_magnitude(x);
    const Exponential e = over_beta.parts(t.high, t.low);
    // Times the inverse, with what the inverse lost. It is infinite for a beta of 0.
    const Pair<T> l = elementary::log1p_exp(Exponential{e.q, e.power * over_beta_one});
    const T low = elementary::fma(l.high, inverse.low, l.low * finite_inverse);
    const T logarithm = elementary::fma(l.high, inverse.high, low);
    // There ln(1 + eᵗ) is eᵗ, which is divided by beta before it becomes subnormal.
    const T power = elementary::fma(e.power, e.q, e.power);
    const T quotient = elementary::fma(power, over_beta.factor, power * over_beta_low);
    const T exponential = t.high < over_beta_end ? over_beta.limit : quotient;
    const T correction = t.high < tail ? exponential : logarithm;
    const T y = z > T(0) ? x + correction : correction;
    return z > threshold ? x : y;
  }

  // σ(beta·x), and 1 in the linear part.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T z = beta * x;
    const T low = elementary::fma(beta, x, -z);
    const T inner = elementary::over_one_plus(T(1), elementary::exp_biased<-1>(-z, -low));
    const T y = z < elementary::Bias<T>::lowest ? T(0) : inner;
    return z > one_above ? T(1) : y;
  }

  // beta·σ(beta·x)·σ(-beta·x) = beta·e/(1 + e)² with e = e^-|beta·x|; v·(1 + lost) = 1/(1 + e).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T z = beta * x;
    const Pair<T> t = minus_magnitude(x);
    const Exponential parts = times_beta.parts(t.high, t.low);
    const T power = parts.power * times_beta_one;
    const T e = elementary::fma(power, parts.q, power);
    const T d = T(1) + e, d_low = e - (d - T(1));
    const T v = T(1) / d;
    const T lost = elementary::fma(-v, d_low, elementary::fma(-v, d, T(1)));
    const T square = v * v;
    const T inner = times_beta.times(parts) * elementary::fma(square, lost + lost, square);
    const T y = t.high < times_beta_end ? times_beta.limit : inner;
    return z > threshold ? T(0) : y;
  }

  template <class X>
  X third_derivative(const X& x) const {
    const X z = double(beta) * x;
    const double square = double(beta) * double(beta);
    return where(z > double(threshold), 0.0, square * elementary::SigmoidDerivatives<X>(z).second);
  }

 private:
  using Exponential = elementary::BiasedExponential<T>;
  template <class U>
  using Pair = elementary::Pair<U>;

  static constexpr T saturated = elementary::Bias<T>::saturated;

  // -|beta·x| with the error of its rounding, which the exponential would magnify |beta·x| times.
  ACT_HOST_DEVICE Pair<T> minus_magnitude(T x) const {
    const T minus_beta = -elementary::abs(beta), magnitude = elementary::abs(x);
    const T t = minus_beta * magnitude;
    return {t, elementary::fma(minus_beta, magnitude, -t)};
  }

  T beta, threshold;
  Pair<T> inverse;
  elementary::ExpWithFactor<T> over_beta, times_beta;
  T over_beta_end, times_beta_end, over_beta_low, over_beta_one, times_beta_one;
  T finite_inverse, one_above;
};

}  // namespace act::formulas
