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

  // Near 0, where x and tanh(x) would cancel down to x³/3, its own polynomial. The sign comes last:
  // a sum of parts that have vanished would lose it.
  ACT_HOST_DEVICE T value(T x) const {
    const T t = elementary::abs(x);
    const elementary::Pair<T> y = elementary::tanh_of_positive(t);
    return elementary::copysign(t < T(1) ? cubic(t) : (t - y.high) - y.low, x);
  }

  // tanh².
  ACT_HOST_DEVICE T derivative(T x) const {
    const elementary::Pair<T> y = elementary::tanh_of_positive(elementary::abs(x));
    return elementary::fma(y.high, y.high, T(2) * y.high * y.low);
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
  // x³·(1/3 + x²·P(x²)), with the error of each product but the smallest.
  ACT_HOST_DEVICE static T cubic(T x) {
    constexpr T third = sizeof(T) == sizeof(float) ? T(0x1.555556p-2) : T(0x1.5555555555555p-2);
    constexpr T third_low =
        sizeof(T) == sizeof(float) ? T(-0x1.555556p-27) : T(0x1.5555555555555p-56);
    const elementary::Pair<T> square = elementary::product(x, x);
    elementary::Pair<T> factor =
        elementary::ordered_sum(third, square.high * polynomial(square.high));
    factor.low += third_low;
    const elementary::Pair<T> y = elementary::product(square, factor);
    return elementary::fma(x, y.high, x * y.low);
  }

  // tools/fit_tanhshrink.py; error 2^-25.1 and 2^-53.9 of the whole, mostly the rounding of the
  // coefficients.
  ACT_HOST_DEVICE static float polynomial(float w) {
    float p = 0x1.9bd3ecp-15f;
    p = elementary::fma(p, w, -0x1.64e456p-12f);
    p = elementary::fma(p, w, 0x1.46d9cep-10f);
    p = elementary::fma(p, w, -0x1.c87d46p-9f);
    p = elementary::fma(p, w, 0x1.214b42p-7f);
    p = elementary::fma(p, w, -0x1.66352ep-6f);
    p = elementary::fma(p, w, 0x1.ba1a7cp-5f);
    return elementary::fma(p, w, -0x1.11110ep-3f);
  }
  ACT_HOST_DEVICE static double polynomial(double w) {
    double p = 0x1.275375b1b71a6p-27;
    p = elementary::fma(p, w, -0x1.94363df860ce7p-24);
    p = elementary::fma(p, w, 0x1.13fa95392bcb2p-21);
    p = elementary::fma(p, w, -0x1.0276f5c03c57fp-19);
    p = elementary::fma(p, w, 0x1.84211d0ac0063p-18);
    p = elementary::fma(p, w, -0x1.02c08a422a719p-16);
    p = elementary::fma(p, w, 0x1.4721253a3709cp-15);
    p = elementary::fma(p, w, -0x1.95fbc19b1fcaap-14);
    p = elementary::fma(p, w, 0x1.f5684f7238bdcp-13);
    p = elementary::fma(p, w, -0x1.3556df15e057fp-11);
    p = elementary::fma(p, w, 0x1.7da34816469ffp-10);
    p = elementary::fma(p, w, -0x1.d6d3cf2d2e349p-9);
    p = elementary::fma(p, w, 0x1.226e3555c76a8p-7);
    p = elementary::fma(p, w, -0x1.664f48828c7a1p-6);
    p = elementary::fma(p, w, 0x1.ba1ba1ba1afebp-5);
    return elementary::fma(p, w, -0x1.111111111110bp-3);
  }
};

}  // namespace act::formulas
