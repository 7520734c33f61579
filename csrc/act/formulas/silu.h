// silu(x) = x·σ(x), also called swish. Elfwing, Uchibe, Doya: arXiv:1702.03118.
#pragma once

#include <act/declaration.h>
#include <act/elementary/beside_zero.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Silu {
  static constexpr Declaration declaration{.name = "silu"};

  ACT_HOST_DEVICE explicit Silu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE elementary::Reduction<T> begin_value(T x) const {
    return elementary::reduced_biased<-1>(-elementary::bounded(x));
  }
  ACT_HOST_DEVICE T value(T x, elementary::Reduction<T> reduction) const {
    return elementary::times_own_sigmoid(x, reduction);
  }

  // With t = |x|, e = e⁻ᵗ: e·r, r = (1 + e - t)/(1 + e)², for x < 0, and 1 minus that for x > 0,
  // since silu(x) - silu(-x) = x. `correction` holds what r lost, from the equation r·(1 + e)² = 1
  // + e - t; 1 - t is exact wherever that matters. The power of two is multiplied last, so that a
  // subnormal result is rounded once.
  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }

  ACT_HOST_DEVICE elementary::BiasedExponential<T> begin_derivative(T x) const {
    return elementary::exp_biased<1>(-bounded_magnitude(x));
  }
  ACT_HOST_DEVICE T derivative(T x, elementary::BiasedExponential<T> exponential) const {
    constexpr T unbiased = T(1) / elementary::Bias<T>::factor;
    const T t = bounded_magnitude(x);
    const T power = exponential.power * unbiased;
    const T e = elementary::fma(power, exponential.q, power);
    const T one_minus_t = T(1) - t, two_plus_e = T(2) + e;
    const T inverse = T(1) / elementary::fma(e, two_plus_e, T(1));
    const T r = (one_minus_t + e) * inverse;
    const T remainder = elementary::fma(e, elementary::fma(-r, two_plus_e, T(1)), one_minus_t - r);
    const T correction = remainder * inverse;
    const T low = elementary::fma(correction, exponential.q, correction);
    const T biased = (r + elementary::fma(r, exponential.q, low)) * exponential.power;
    const T y = elementary::fma(biased, x < T(0) ? unbiased : -unbiased, x < T(0) ? T(-0.0) : T(1));
    return elementary::beside_zero<elementary::ZeroOfSilu>(x, y);
  }

  // w·(1 - w)·(2 - |x|·(1 - 2w)).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Parts p = parts(x);
    const T bracket = elementary::fma(T(2) * p.t, p.w, T(2) - p.t);
    const T low = elementary::fma(T(-2) * p.w, p.inverse.low, p.inverse.low);
    const T slope = p.inverse.high + elementary::fma(-p.w, p.inverse.high, low);
    return slope * bracket * p.one;
  }

  // 3·σ″ + x·σ‴, where an infinite x would meet σ‴ = 0.
  template <class X>
  X third_derivative(const X& x) const {
    const X t = clamp(x, -1000.0, 1000.0);
    const elementary::SigmoidDerivatives<X> s(t);
    return 3.0 * s.second + t * s.third;
  }

 private:
  static constexpr T lowest = sizeof(T) == sizeof(float) ? T(-150) : T(-1000);

  // t = |x| within bounds; w = σ(-t) = inverse·one.
  struct Parts {
    T t, w, one;
    elementary::Pair<T> inverse;
  };

  // |x|, up to where the derivative has reached its limit.
  ACT_HOST_DEVICE static T bounded_magnitude(T x) {
    return elementary::magnitude_up_to(-elementary::Bias<T>::lowest, x);
  }

  ACT_HOST_DEVICE static Parts parts(T x) {
    const T absolute = elementary::abs(x);
    const T t = absolute > -lowest ? -lowest : absolute;
    const elementary::Logistic<T> l = elementary::logistic(-t);
    const elementary::Pair<T> inverse = elementary::reciprocal(l.denominator);
    return {t, inverse.high * l.one, l.one, inverse};
  }
};

}  // namespace act::formulas
