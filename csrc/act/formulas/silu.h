// silu(x) = x·σ(x), also called swish. Elfwing, Uchibe, Doya: arXiv:1702.03118.
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>

namespace act::formulas {

template <class T>
struct Silu {
  static constexpr Declaration declaration{.name = "silu"};

  ACT_HOST_DEVICE explicit Silu(ParameterValues) {}

  // Where the result has long become -0, the argument stops: -inf must not meet σ(-inf) = 0.
  ACT_HOST_DEVICE T value(T x) const {
    return elementary::times_sigmoid(x < lowest ? lowest : x, x);
  }

  // w·(1 - |x|·(1 - w)) for x < 0, w = σ(-|x|), and 1 minus that for x > 0, since silu(x) - silu(-x) = x.
  // Around its zero, at x = -1.2785, the error is one of the terms, not of their small sum.
  ACT_HOST_DEVICE T derivative(T x) const {
    const Parts p = parts(x);
    const T low = p.inverse.low * p.one;
    const T bracket = elementary::fma(p.t, p.w, T(1) - p.t) + p.t * low;
    const T y = elementary::fma(bracket, p.inverse.high, bracket * p.inverse.low) * p.one;
    return x < T(0) ? y : T(1) - y;
  }

  // w·(1 - w)·(2 - |x|·(1 - 2w)).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Parts p = parts(x);
    const T bracket = elementary::fma(T(2) * p.t, p.w, T(2) - p.t);
    const T slope = elementary::fma(-p.w, p.inverse.high, p.inverse.high + p.inverse.low);
    return slope * bracket * p.one;
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
