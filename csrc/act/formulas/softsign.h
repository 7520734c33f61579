// softsign(x) = x / (1 + |x|). Turian, Bergstra, Bengio: Quadratic Features and Deep Architectures for
// Chunking, NAACL 2009.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>

namespace act::formulas {

template <class T>
struct Softsign {
  static constexpr Declaration declaration{.name = "softsign"};

  ACT_HOST_DEVICE explicit Softsign(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Reciprocal r = reciprocal(x);
    const T y = r.t * r.high;
    const T error = elementary::fma(r.t, r.high, -y);
    return elementary::copysign(y + elementary::fma(r.t, r.low, error), x);
  }

  ACT_HOST_DEVICE T derivative(T x) const {
    const Reciprocal r = reciprocal(x);
    const T square = r.high * r.high;
    const T error = elementary::fma(r.high, r.high, -square);
    return square + elementary::fma(T(2) * r.high, r.low, error);
  }

  // -2·sign(x) / (1 + |x|)³, and 0 at 0, where it jumps from 2 to -2.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Reciprocal r = reciprocal(x);
    const T cube = T(2) * derivative(x) * (r.high + r.low);
    return x == T(0) ? -x : elementary::copysign(cube, -x);
  }

 private:
  struct Reciprocal {
    T t;          // |x|, or a number so large that nothing changes above it
    T high, low;  // 1 / (1 + t) to more than working precision
  };

  // The bound keeps infinity out of the differences and the reciprocal among the normal numbers.
  ACT_HOST_DEVICE static Reciprocal reciprocal(T x) {
    constexpr T bound = sizeof(T) == sizeof(float) ? T(0x1p100) : T(0x1p600);
    const T absolute = elementary::abs(x);
    const T t = absolute > bound ? bound : absolute;
    const T sum = T(1) + t;
    const T t_part = sum - T(1);
    const T sum_error = (T(1) - (sum - t_part)) + (t - t_part);  // Knuth's 2Sum
    const T high = T(1) / sum;
    const T residual = elementary::fma(-high, sum, T(1)) - high * sum_error;
    return {t, high, high * residual};
  }
};

}  // namespace act::formulas
