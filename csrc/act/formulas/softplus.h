// softplus(x) = ln(1 + e^(beta·x)) / beta, and x itself where beta·x > threshold.
#pragma once

#include <act/declaration.h>
#include <act/elementary/exp_bounded.h>
#include <act/elementary/log1p_exp.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Softplus {
  using Exponential = elementary::BiasedExponential<T>;
  using ExponentialPair = elementary::ExponentialPair<T>;
  template <class U>
  using Pair = elementary::Pair<U>;

  static constexpr Declaration declaration{
      .name = "softplus",
      .parameters = {{"beta", 1.0}, {"threshold", 20.0}},
  };

  ACT_HOST_DEVICE explicit Softplus(ParameterValues p)
      : beta(T(p.first)),
        threshold(T(p.second)),
        over_beta(double(beta)),
        times_beta(beta, /*growing=*/false),
        times_beta_end(T(times_beta.end)),
        times_beta_one(T(elementary::exact_power(-times_beta.shift))),
        above(elementary::abs(0.7 / double(beta)) < double(elementary::largest<T>())
                  ? T(0)
                  : elementary::infinity<T>()),
        one_above(threshold < saturated ? threshold : saturated) {}

  // max(z, 0) / beta + ln(1 + e^-|z|) / beta with z = beta·x, where max(z, 0) / beta is x or 0.
  ACT_HOST_DEVICE T value(T x) const {
    const ExponentialPair e = begin_value(x);
    return value(x, e, continue_value(x, e));
  }
  ACT_HOST_DEVICE ExponentialPair begin_value(T x) const {
    const Pair<T> t = minus_magnitude(x);
    return elementary::exp_pair(t.high, t.low, over_beta.magic);
  }
  ACT_HOST_DEVICE Pair<T> continue_value(T, ExponentialPair e) const {
    return elementary::log1p_exp(e, over_beta.unbias);
  }
  ACT_HOST_DEVICE T value(T x, ExponentialPair e, Pair<T> l) const {
    const T z = beta * x;
    const Pair<T> product = elementary::product(l, over_beta.mantissa);
    const T power = elementary::fma(e.power, over_beta.unit, T(0));
    const Pair<T> sum = elementary::any_sum(x, elementary::fma(product.high, power, T(0)));
    const T positive = sum.high + elementary::fma(product.low, power, sum.low);
    // As an fma: a processor's multiplication can be slow where the result is subnormal.
    const T negative =
        elementary::fma((product.high + product.low) * e.power, over_beta.unit, T(0));
    const T y = z > above ? positive : (z < over_beta.end ? over_beta.limit : negative);
    return z <= one_above ? y : x;
  }

  // σ(beta·x), and 1 in the linear part.
  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }
  ACT_HOST_DEVICE Exponential begin_derivative(T x) const {
    const T z = beta * x;
    return elementary::exp_biased<-1>(-z, -elementary::fma(beta, x, -z));
  }
  ACT_HOST_DEVICE T derivative(T x, Exponential e) const {
    const T z = beta * x;
    const T inner = elementary::over_one_plus(T(1), e);
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
  static constexpr T saturated = elementary::Bias<T>::saturated;

  // -|beta·x| with the error of its rounding, which the exponential would magnify |beta·x| times.
  ACT_HOST_DEVICE Pair<T> minus_magnitude(T x) const {
    const T minus_beta = -elementary::abs(beta), magnitude = elementary::abs(x);
    const T t = minus_beta * magnitude;
    return {t, elementary::fma(minus_beta, magnitude, -t)};
  }

  // 1/beta = mantissa·unit·2ˢ, where s is the shift that e^-|z| comes with. Of a beta of 0 it is
  // infinite.
  struct OverBeta {
    ACT_HOST_DEVICE explicit OverBeta(double beta) {
      const elementary::Pair<double> inverse = elementary::parameter_reciprocal(beta);
      const elementary::ExpWithFactor<T> exponential(T(inverse.high), /*growing=*/false);
      const double high = elementary::finite<double>(inverse.high);
      const int exponent = elementary::exponent_of(high);
      const int a = exponent > 1000 ? 1000 : (exponent < -1000 ? -1000 : exponent);
      const double scaled = high * elementary::exact_power(-a);
      mantissa.high = T(scaled);
      mantissa.low =
          T((scaled - double(mantissa.high)) + inverse.low * elementary::exact_power(-a));
      magic = exponential.magic;
      unbias = T(elementary::exact_power(-exponential.shift));
      const double power = elementary::exact_power(a - exponential.shift);
      unit = high == inverse.high ? T(power) : elementary::infinity<T>();
      end = T(exponential.end);
      limit = exponential.limit;
    }
    Pair<T> mantissa;
    T magic, unbias, unit, end, limit;
  };

  T beta, threshold;
  OverBeta over_beta;
  elementary::ExpWithFactor<T> times_beta;
  T times_beta_end, times_beta_one;
  T above;  // 0; infinity where softplus(0) is infinite, and its sum with x has no rest
  T one_above;
};

}  // namespace act::formulas
