// xielu(x) = alpha_p·x² + beta·x above 0, alpha_n·(e^min(x, eps) - 1 - x) + beta·x from 0 down.
// Huang, Schlag: Deriving Activation Functions Using Integration, arXiv:2411.13010.
#pragma once

#include <act/elementary/exp_remainder.h>
#include <act/partial_derivatives.h>

namespace act::formulas {

template <class T>
struct Xielu {
  static constexpr Declaration declaration{
      .name = "xielu",
      .parameters = {{"beta", 0.5}, {"eps", -1e-6}},
      .requirement = "eps <= 0",
      .accepts = [](ParameterValues p) { return p.second <= 0; },
  };
  static constexpr const char* tensors[] = {"alpha_p", "alpha_n"};

  ACT_HOST_DEVICE explicit Xielu(ParameterValues p)
      : beta(T(p.first)), eps(T(p.second)), at_eps(elementary::exp_remainder(eps)) {}

  ACT_HOST_DEVICE T value(T x, T alpha_p, T alpha_n) const {
    const T slope = elementary::fma(alpha_p, finite_for(alpha_p, x), beta);
    const T y = slope * x;
    const T negative = value_below_zero(x, alpha_n);
    return x > T(0) ? y : negative;
  }

  // Between eps and 0 the exponential is a constant, and the derivative beta - alpha_n.
  ACT_HOST_DEVICE PartialDerivatives<T, 2> derivatives(T x, T alpha_p, T alpha_n) const {
    const elementary::ExpRemainder<T> e = elementary::exp_remainder(x);
    const bool beside_zero = x > eps;
    const T positive = elementary::fma(T(2) * alpha_p, finite_for(alpha_p, x), beta);
    const T negative = elementary::fma(alpha_n, e.expm1, beta);
    const T input = x > T(0) ? positive : (beside_zero ? beta - alpha_n : negative);
    const T of_n = beside_zero ? at_eps.remainder + (eps - x) : e.remainder;
    return {x != x ? x : input, {x > T(0) ? x * x : of_positive(x), x > T(0) ? T(0) : of_n}};
  }

  template <class X>
  Gradient<X> gradient(const X& x, const X& alpha_p, const X& alpha_n) const {
    const X positive = clamp_min(x, 0.0);
    const X e = expm1(clamp_max(x, double(eps)));
    const X slope = where(x > double(eps), beta - alpha_n, beta + alpha_n * e);
    return {{where(x > 0.0, beta + 2.0 * alpha_p * positive, slope), positive * positive,
             where(x > 0.0, 0.0, e - clamp_max(x, 0.0))}};
  }

  template <class X>
  Hessian<X> hessian(const X& x, const X& alpha_p, const X& alpha_n) const {
    const X bounded = clamp_max(x, double(eps));
    Hessian<X> second;
    second.set(0, 0,
               where(x > 0.0, 2.0 * alpha_p, where(x > double(eps), 0.0, alpha_n * exp(bounded))));
    second.set(0, 1, 2.0 * clamp_min(x, 0.0));
    second.set(0, 2, where(x > 0.0, 0.0, where(x > double(eps), -1.0, expm1(bounded))));
    return second;
  }

 private:
  // alpha_n·(e^x - 1 - x) + beta·x near 0, alpha_n·(e^x - 1) + (beta - alpha_n)·x further down,
  // where the other terms would cancel.
  ACT_HOST_DEVICE T value_below_zero(T x, T alpha_n) const {
    const elementary::ExpRemainder<T> e = elementary::exp_remainder(x);
    const bool beside_zero = x > eps;
    const T remainder = beside_zero ? at_eps.remainder + (eps - x) : e.remainder;
    const T near = elementary::fma(alpha_n, remainder, beta * x);
    const T slope = beta - alpha_n;
    const T lowest = slope == T(0) ? -elementary::largest<T>() : -elementary::infinity<T>();
    const T bounded = x < lowest ? lowest : x;
    const T distant =
        elementary::fma(alpha_n, beside_zero ? at_eps.expm1 : e.expm1, slope * bounded);
    return e.n < T(-1) ? distant : near;
  }

  ACT_HOST_DEVICE static T of_positive(T x) { return x <= T(0) ? T(0) : x; }

  // An alpha_p of 0 gives beta·x at inf, too (0·inf would be NaN).
  ACT_HOST_DEVICE static T finite_for(T alpha_p, T x) {
    const T most = alpha_p == T(0) ? elementary::largest<T>() : elementary::infinity<T>();
    return x > most ? most : x;
  }

  T beta, eps;
  elementary::ExpRemainder<T> at_eps;
};

}  // namespace act::formulas
