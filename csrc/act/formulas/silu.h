// silu(x) = x·σ(x), also called swish. Elfwing, Uchibe, Doya: arXiv:1702.03118.
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Silu {
  static constexpr Declaration declaration{.name = "silu"};

  ACT_HOST_DEVICE explicit Silu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const { return elementary::times_own_sigmoid(x); }

  // With t = |x|, e = e⁻ᵗ and d = 1 + e: w·(1 - t·(1 - w)) for x < 0, w = e/d = σ(-t), and 1 minus
  // that for x > 0, since silu(x) - silu(-x) = x. The power of two is multiplied last, so that a
  // subnormal result is rounded once; c holds what the division and d lost. Around its zero, at x =
  // -1.2785, the error is one of the terms, not of their small sum; elsewhere at most 2.5 ulp of
  // float, for |x| < 8 (tools/check_formula.py silu --stride 17).
  ACT_HOST_DEVICE T derivative(T x) const {
    using B = elementary::Bias<T>;
    const T minus = -elementary::abs(x);
    const T minus_t = minus < B::lowest ? B::lowest : minus;
    const elementary::BiasedExponential<T> exponential = elementary::exp_biased<1>(minus_t);
    const T e = elementary::fma(exponential.power, exponential.q, exponential.power);
    const T inverse = T(1) / (B::factor + e);
    const T factor = elementary::fma(-minus_t, e * inverse, T(1) + minus_t);
    const T quotient = factor * inverse;
    const T remainder =
        elementary::fma(-quotient, e, elementary::fma(-quotient, B::factor, factor));
    const T c = remainder * inverse;
    const T y = (quotient + elementary::fma(quotient, exponential.q, c)) * exponential.power;
    return x < T(0) ? y : T(1) - y;
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

  ACT_HOST_DEVICE static Parts parts(T x) {
    const T absolute = elementary::abs(x);
    const T t = absolute > -lowest ? -lowest : absolute;
    const elementary::Logistic<T> l = elementary::logistic(-t);
    const elementary::Pair<T> inverse = elementary::reciprocal(l.denominator);
    return {t, inverse.high * l.one, l.one, inverse};
  }
};

}  // namespace act::formulas
