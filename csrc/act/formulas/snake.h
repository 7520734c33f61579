// snake(x) = x + sin²(alpha·x)/beta. Ziyin, Hartwig, Ueda: Neural Networks Fail to Learn Periodic
// Functions and How to Fix It, arXiv:2006.08195; with a beta of its own in BigVGAN,
// arXiv:2206.04658.
#pragma once

#include <act/elementary/limits.h>
#include <act/elementary/sine.h>
#include <act/partial_derivatives.h>

namespace act::formulas {

template <class T>
struct Snake {
  static constexpr Declaration declaration{.name = "snake"};
  static constexpr const char* tensors[] = {"alpha", "beta"};

  ACT_HOST_DEVICE explicit Snake(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x, T alpha, T beta) const {
    const elementary::Angle<T> angle = elementary::angle_of_product(alpha, x);
    const Pair ripple =
        quotient(elementary::squared_sine(angle, elementary::sine_of(angle)), beta, T(1) / beta);
    return sum(x, ripple);
  }

  ACT_HOST_DEVICE PartialDerivatives<T, 2> derivatives(T x, T alpha, T beta) const {
    const elementary::Angle<T> angle = elementary::angle_of_product(alpha, x);
    const Pair sine = elementary::sine_of(angle);
    const Pair doubled = elementary::doubled_sine(angle, sine, elementary::cosine_of(angle));
    const T inverse = T(1) / beta;
    const Pair slope = quotient(elementary::product(alpha, doubled), beta, inverse);
    const Pair of_alpha = quotient(elementary::product(x, doubled), beta, inverse);
    const Pair ripple = quotient(elementary::squared_sine(angle, sine), beta, inverse);
    const Pair of_beta = quotient(ripple, beta, inverse);
    return {sum(T(1), slope), {of_alpha.high + of_alpha.low, -(of_beta.high + of_beta.low)}};
  }

  template <class X>
  Gradient<X> gradient(const X& x, const X& alpha, const X& beta) const {
    const Angle<X> angle(x, alpha);
    const X root = angle.sine / beta;
    return {{1.0 + alpha / beta * angle.doubled_sine, x / beta * angle.doubled_sine, -root * root}};
  }

  template <class X>
  Hessian<X> hessian(const X& x, const X& alpha, const X& beta) const {
    const Angle<X> angle(x, alpha);
    const X root = angle.sine / beta, slope = angle.doubled_sine / beta,
            curvature = 2.0 / beta * angle.doubled_cosine;
    Hessian<X> second;
    second.set(0, 0, alpha * alpha * curvature);
    second.set(0, 1, slope + alpha * x * curvature);
    second.set(0, 2, -alpha / beta * slope);
    second.set(1, 1, x * x * curvature);
    second.set(1, 2, -x / beta * slope);
    second.set(2, 2, 2.0 * root * root / beta);
    return second;
  }

 private:
  // Of alpha·x, whose double could be infinite, and is not computed. Where the product is infinite
  // itself, the sine is taken as 0 and the cosine as 1, as in the kernels.
  template <class X>
  struct Angle {
    X sine, doubled_sine, doubled_cosine;

    Angle(const X& x, const X& alpha) {
      const X angle = alpha * where(isinf(alpha * x), 0.0, x);
      const X cosine = cos(angle);
      sine = sin(angle);
      doubled_sine = 2.0 * sine * cosine;
      doubled_cosine = (cosine - sine) * (cosine + sine);
    }
  };

  using Pair = elementary::Pair<T>;

  // a/d with 1/d, which several quotients share; a low part of 0 where the high one isn't finite.
  ACT_HOST_DEVICE static Pair quotient(Pair a, T d, T inverse) {
    const T high = a.high * inverse;
    const T low = (elementary::fma(-high, d, a.high) + a.low) * inverse;
    // Of an infinite 1/d the product is infinite or NaN.
    return {high, is_finite(high) ? low : T(0)};
  }

  ACT_HOST_DEVICE static T sum(T a, Pair b) {
    const Pair most = elementary::any_sum(a, b.high);
    return is_finite(most.high) ? most.high + (most.low + b.low) : most.high;
  }

  ACT_HOST_DEVICE static bool is_finite(T x) {
    return elementary::abs(x) <= elementary::largest<T>();
  }
};

}  // namespace act::formulas
