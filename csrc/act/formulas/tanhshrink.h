// tanhshrink(x) = x - tanh(x).
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>
#include <act/elementary/tanh.h>

namespace act::formulas {

template <class T>
struct Tanhshrink {
  static constexpr Declaration declaration{.name = "tanhshrink"};

  ACT_HOST_DEVICE explicit Tanhshrink(ParameterValues) {}

  using Exponential = elementary::AccurateExponential<T>;
  struct Begun {
    Exponential exponential;
    T polynomial;
  };

  // Near 0, where x and tanh(x) would cancel down to x³/3, its own polynomial. Beyond, t - 1 and
  // 1 - tanh(t): the first is exact, and both are positive. The sign comes last:
  // a sum of parts that have vanished would lose it.
  ACT_HOST_DEVICE T value(T x) const {
    const Begun begun = begin_value(x);
    return value(x, begun, continue_value(x, begun));
  }
  ACT_HOST_DEVICE Begun begin_value(T x) const {
    return {elementary::tanh_exponential(x), polynomial(x * x)};
  }
  ACT_HOST_DEVICE elementary::Pair<T> continue_value(T, Begun begun) const {
    const elementary::Fraction<T> f = elementary::tanh_fraction(begun.exponential);
    return elementary::quotient(f.numerator, f.denominator);
  }
  ACT_HOST_DEVICE T value(T x, Begun begun, elementary::Pair<T> y) const {
    const T t = elementary::abs(x);
    const T missing = (T(1) - y.high) - y.low;
    const T beside_zero = cubic(t, begun.polynomial);
    return elementary::copysign(t < T(1) ? beside_zero : (t - T(1)) + missing, x);
  }

  // tanh².
  ACT_HOST_DEVICE T derivative(T x) const {
    const Exponential e = begin_derivative(x);
    return derivative(x, e, continue_derivative(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_derivative(T x) const {
    return elementary::tanh_exponential(x);
  }
  ACT_HOST_DEVICE elementary::Fraction<T> continue_derivative(T, Exponential e) const {
    return elementary::tanh_fraction(e);
  }
  ACT_HOST_DEVICE T derivative(T x, Exponential, elementary::Fraction<T> f) const {
    const elementary::Pair<T> y = elementary::quotient(f.numerator, f.denominator);
    const T square = elementary::fma(y.high, y.high, T(2) * y.high * y.low);
    return elementary::is_nan(x) ? x : square;
  }

  // 2·tanh·(1 - tanh²).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T y = elementary::times_sigmoid_second_derivative(T(8), T(2) * elementary::abs(x));
    return x == T(0) ? x : elementary::copysign(y, x);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return -16.0 * elementary::SigmoidDerivatives<X>(2.0 * x).third;
  }

 private:
  // x³·(1/3 + x²·p), with the error of each product but the smallest.
  ACT_HOST_DEVICE static T cubic(T x, T p) {
    constexpr T third = sizeof(T) == sizeof(float) ? T(0x1.555556p-2) : T(0x1.5555555555555p-2);
    constexpr T third_low =
        sizeof(T) == sizeof(float) ? T(-0x1.555556p-27) : T(0x1.5555555555555p-56);
    const elementary::Pair<T> square = elementary::product(x, x);
    const T high = elementary::fma(square.high, p, third);
    const T low = elementary::fma(square.high, p, third - high) + third_low;
    const elementary::Pair<T> factor{high, low};
    const elementary::Pair<T> y = elementary::product(square, factor);
    return elementary::fma(x, y.high, x * y.low);
  }

  // p of x². tools/fit_tanhshrink.py; error 2^-30.3 and 2^-59.4 of the whole.
  ACT_HOST_DEVICE static float polynomial(float w) {
    float p = 0x1.946faap-15f;
    p = elementary::fma(p, w, -0x1.610096p-12f);
    p = elementary::fma(p, w, 0x1.452c46p-10f);
    p = elementary::fma(p, w, -0x1.c7ba22p-9f);
    p = elementary::fma(p, w, 0x1.21325ap-7f);
    p = elementary::fma(p, w, -0x1.6631aap-6f);
    p = elementary::fma(p, w, 0x1.ba1a3cp-5f);
    return elementary::fma(p, w, -0x1.11110ep-3f);
  }
  ACT_HOST_DEVICE static double polynomial(double w) {
    double p = 0x1.2803a8a8cb409p-27;
    p = elementary::fma(p, w, -0x1.94ebc7960b7d1p-24);
    p = elementary::fma(p, w, 0x1.144f8fb02a6aep-21);
    p = elementary::fma(p, w, -0x1.02a6c8ac1e646p-19);
    p = elementary::fma(p, w, 0x1.844530f149a88p-18);
    p = elementary::fma(p, w, -0x1.02ca2acf9c705p-16);
    p = elementary::fma(p, w, 0x1.4724e27e27778p-15);
    p = elementary::fma(p, w, -0x1.95fcd3c8eccbbp-14);
    p = elementary::fma(p, w, 0x1.f568897ac3bbap-13);
    p = elementary::fma(p, w, -0x1.3556e3972e9b0p-11);
    p = elementary::fma(p, w, 0x1.7da34897572d2p-10);
    p = elementary::fma(p, w, -0x1.d6d3cf374861ap-9);
    p = elementary::fma(p, w, 0x1.226e35560adf2p-7);
    p = elementary::fma(p, w, -0x1.664f48828ea4cp-6);
    p = elementary::fma(p, w, 0x1.ba1ba1ba1b083p-5);
    return elementary::fma(p, w, -0x1.111111111110cp-3);
  }
};

}  // namespace act::formulas
