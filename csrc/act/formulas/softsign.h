// softsign(x) = x / (1 + |x|). Turian, Bergstra, Bengio: Quadratic Features and Deep Architectures
// for Chunking, NAACL 2009.
#pragma once

#include <act/declaration.h>
#include <act/elementary/quotient.h>

namespace act::formulas {

template <class T>
struct Softsign {
  static constexpr Declaration declaration{.name = "softsign", .short_derivative = true};

  ACT_HOST_DEVICE explicit Softsign(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const T t = bounded(x);
    const Pair y = elementary::product(t, reciprocal(t));
    return elementary::copysign(y.high + y.low, x);
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const Pair r = reciprocal(bounded(x));
    const Pair square = elementary::product(r, r);
    return square.high + square.low;
  }

  // -2·sign(x) / (1 + |x|)³, and 0 at 0, where it jumps from 2 to -2.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Pair r = reciprocal(bounded(x));
    const Pair cube = elementary::product(elementary::product(r, r), r);
    const T magnitude = T(2) * (cube.high + cube.low);
    return x == T(0) ? -x : elementary::copysign(magnitude, -x);
  }

  template <class X>
  X third_derivative(const X& x) const {
    const X r = 1.0 / (1.0 + abs(x));
    return 6.0 * r * r * r * r;
  }

 private:
  using Pair = elementary::Pair<T>;

  // |x|, or a number so large that nothing changes above it. That keeps infinity out of the
  // differences and the reciprocal among the normal numbers.
  ACT_HOST_DEVICE static T bounded(T x) {
    constexpr T bound = sizeof(T) == sizeof(float) ? T(0x1p100) : T(0x1p600);
    const T t = elementary::abs(x);
    return t > bound ? bound : t;
  }

  // 1 / (1 + t) to more than working precision.
  ACT_HOST_DEVICE static Pair reciprocal(T t) {
    return elementary::reciprocal(elementary::any_sum(T(1), t));
  }
};

}  // namespace act::formulas
