// laplace(x) = (1 + erf(u/√2))/2 with u = (x - mu)/sigma: the normal distribution function Φ(u). Ma
// et al.: Mega, arXiv:2209.10655.
#pragma once

#include <act/declaration.h>
#include <act/elementary/exp_bounded.h>
#include <act/elementary/normal_tail.h>

namespace act::formulas {

// u is carried with its error, which e^(-u²/2) would magnify u² times.
template <class T>
struct Laplace {
  using Pair = elementary::Pair<T>;

  static constexpr Declaration declaration{
      .name = "laplace",
      .parameters = {{"mu", 0.707107}, {"sigma", 0.282095}},
      .requirement = "mu must be finite and sigma above 0",
      .accepts =
          [](ParameterValues p) {
            return elementary::abs(p.first) <= elementary::largest<double>() && p.second > 0;
          },
  };

  ACT_HOST_DEVICE explicit Laplace(ParameterValues p)
      : mu(elementary::finite<T>(p.first)),
        sigma(elementary::finite<T>(p.second)),
        inverse(elementary::parameter_reciprocal(sigma)),
        slope(1 / double(sigma)),
        curvature(1 / double(sigma) / double(sigma)) {
    inverse.high = elementary::finite<T>(double(inverse.high));
  }

  // Q(|u|) below mu, and its complement above.
  ACT_HOST_DEVICE T value(T x) const {
    const Pair u = argument(x);
    const Pair t = tail_argument(u);
    const T below = gaussian(t).times_accurately(elementary::doubled_mills_ratio(t));
    constexpr T factor = T(0.5) * Decay::lowering;
    const bool above = u.high > T(0);
    const T y = elementary::fma(below, above ? -factor : factor, above ? T(1) : T(0));
    return elementary::is_nan(x) ? x : y;
  }

  // φ(u)/sigma.
  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }
  ACT_HOST_DEVICE Pair begin_derivative(T x) const { return square(tail_argument(argument(x))); }
  ACT_HOST_DEVICE T derivative(T x, Pair square) const {
    const T y = slope.scale(Decay(square, T(0.5)).times_accurately(slope.density));
    return elementary::is_nan(x) ? x : y;
  }

  // -u·φ(u)/sigma².
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Pair u = argument(x);
    const Pair t = tail_argument(u);
    const T magnitude =
        curvature.scale(gaussian(t).times(elementary::product(t, curvature.density)));
    const T y = u.high > T(0) ? -magnitude : magnitude;
    return elementary::is_nan(x) ? x : y;
  }

  // (u² - 1)·φ(u)/sigma³; far out, u² would overflow before it meets φ = 0.
  template <class X>
  X third_derivative(const X& x) const {
    constexpr double density = 0.39894228040143267794;  // 1/√(2π)
    const double of_u = 1 / double(sigma);
    const X u = clamp((x - double(mu)) * of_u, -50.0, 50.0);
    return (density * of_u * of_u * of_u) * exp(-0.5 * u * u) * (u * u - 1.0);
  }

 private:
  using Decay = elementary::Decay<T>;

  // e^(-u²/2) is less than 10^-55 and 10^-439 there, and counts as that beyond.
  static constexpr T end = sizeof(T) == sizeof(float) ? T(16) : T(45);

  // factor/√(2π)·lowering as density·unit, a power of two, so that neither leaves the exponent's
  // range where their product with a density does not.
  struct ScaledDensity {
    ACT_HOST_DEVICE explicit ScaledDensity(double factor) {
      constexpr int most = sizeof(T) == sizeof(float) ? 60 : 500;
      const double finite = elementary::finite<double>(factor);
      const int exponent = elementary::exponent_of(finite);
      const int k = exponent > 2 * most ? 2 * most : (exponent < -most ? -most : exponent);
      const T scaled = elementary::finite<T>(finite * elementary::exact_power(-k));
      const double lost = finite * elementary::exact_power(-k) - double(scaled);
      density = elementary::product(scaled, elementary::normal::density(T()));
      density.low += T(lost * 0.39894228040143267794);
      unit = T(elementary::exact_power(k)) * Decay::lowering;
    }

    // As an fma: a processor's multiplication can be slow where the result is subnormal.
    ACT_HOST_DEVICE T scale(T lifted) const { return elementary::fma(lifted, unit, T(0)); }

    Pair density;
    T unit;
  };

  // (x - mu)/sigma.
  ACT_HOST_DEVICE Pair argument(T x) const {
    return elementary::product(elementary::any_sum(x, -mu), inverse);
  }

  // |u|, at most what matters.
  ACT_HOST_DEVICE static Pair tail_argument(Pair u) {
    const T t = elementary::magnitude_up_to(end, u.high);
    const T low = u.high < T(0) ? -u.low : u.low;
    return {t, t < end ? low : T(0)};
  }

  ACT_HOST_DEVICE static Pair square(Pair t) { return elementary::product(t, t); }
  ACT_HOST_DEVICE static Decay gaussian(Pair t) { return Decay(square(t), T(0.5)); }

  T mu, sigma;
  Pair inverse;
  ScaledDensity slope, curvature;
};

}  // namespace act::formulas
