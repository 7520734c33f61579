// gelu(x) = x·Φ(x), with Φ the normal distribution function. Hendrycks, Gimpel: arXiv:1606.08415.
// Computed as max(x, 0) - |x|·Q(|x|): no cancellation in either tail.
#pragma once

#include <act/declaration.h>
#include <act/elementary/normal_tail.h>

namespace act::formulas {

template <class T>
struct Gelu {
  static constexpr Declaration declaration{
      .name = "gelu",
      .variant_argument = "approximate",
      .variant = "none",
  };

  ACT_HOST_DEVICE explicit Gelu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const T t = elementary::tail_argument(x);
    const T tail = elementary::times_exp(elementary::product(t, elementary::scaled_normal_tail(t)),
                                         elementary::gaussian_parts(t));
    const T positive = x >= T(0) ? x : -T(0);  // -0 - 0 = -0 at -inf, and the zeros keep their sign
    return positive - tail;
  }

  // Φ(x) + x·φ(x): below 0 that is e^(-t²/2)·(R(t) - t/√2π), above 0 its complement.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T t = elementary::tail_argument(x);
    const Pair r = elementary::scaled_normal_tail(t);
    constexpr Pair density = elementary::normal::density(T());
    const T difference = elementary::fma(-t, density.high, r.high);
    const T below = elementary::times_exp(Pair{difference, elementary::fma(-t, density.low, r.low)},
                                          elementary::gaussian_parts(t));
    return x > T(0) ? T(1) - below : below;
  }

  // φ(x)·(2 - x²).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T t = elementary::tail_argument(x);
    const T factor = elementary::fma(-t, t, T(2));
    return elementary::times_exp(elementary::product(factor, elementary::normal::density(T())),
                                 elementary::gaussian_parts(t));
  }

 private:
  using Pair = elementary::Pair<T>;
};

}  // namespace act::formulas
