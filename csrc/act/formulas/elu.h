// elu(x) = x for x > 0, alpha·(eˣ - 1) otherwise. Clevert, Unterthiner, Hochreiter:
// arXiv:1511.07289.
#pragma once

#include <act/declaration.h>
#include <act/elementary/expm1.h>

namespace act::formulas {

template <class T>
struct Elu {
  static constexpr Declaration declaration{
      .name = "elu",
      .short_derivative = true,
      .parameters = {{"alpha", 1.0}},
      // A negative alpha makes both parts positive: the output no longer tells which one it came
      // from.
      .output_determines_derivative = [](ParameterValues p,
                                         double (*)(double)) { return p.first >= 0; },
  };

  using Exponential = elementary::AccurateBiasedExponential<T>;

  ACT_HOST_DEVICE explicit Elu(ParameterValues p)
      : alpha(T(p.first)),
        exponential(alpha, /*growing=*/false),
        expm1(alpha, /*growing=*/false),
        vanishing(T(exponential.end)),
        saturated(T(expm1.exponential.end)) {}

  // x is returned at 0 too, with its sign.
  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE Exponential begin_value(T x) const { return expm1.exponential.accurate_parts(x); }
  ACT_HOST_DEVICE T value(T x, Exponential e) const {
    const T inner = expm1.times(e);
    const T y = x < saturated ? expm1.exponential.limit : inner;
    return x < T(0) ? y : x;
  }

  // At 0 alpha, the derivative on the left.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T y = times_exp(x);
    return x > T(0) ? T(1) : y;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T y = times_exp(x);
    return x > T(0) ? T(0) : y;
  }

  // y + alpha = alpha·eˣ; from a rounded output its digits are lost where eˣ is small.
  ACT_HOST_DEVICE T derivative_from_output(T y) const { return y > T(0) ? T(1) : y + alpha; }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const {
    return y > T(0) ? T(0) : (y <= T(0) ? T(1) : y);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return where(x > 0.0, 0.0, alpha * exp(clamp_max(x, 0.0)));
  }

 private:
  ACT_HOST_DEVICE T times_exp(T x) const {
    const T y = exponential.times(exponential.parts(x));
    return x < vanishing ? exponential.limit : y;
  }

  T alpha;
  elementary::ExpWithFactor<T> exponential;
  elementary::Expm1WithFactor<T> expm1;
  T vanishing, saturated;
};

}  // namespace act::formulas
