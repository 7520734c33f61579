// selu(x) = scale·elu(x, alpha). Klambauer, Unterthiner, Mayr, Hochreiter: arXiv:1706.02515, where
// the two constants come from: the fixed point of mean 0 and variance 1.
#pragma once

#include <act/declaration.h>
#include <act/elementary/expm1.h>

namespace act::formulas {

template <class T>
struct Selu {
  static constexpr Declaration declaration{
      .name = "selu",
      .short_derivative = true,
      .output_determines_derivative = [](ParameterValues, double (*)(double)) { return true; },
  };

  using Exponential = elementary::AccurateBiasedExponential<T>;

  ACT_HOST_DEVICE explicit Selu(ParameterValues)
      : exponential(saturation, /*growing=*/false),
        expm1(saturation, /*growing=*/false),
        vanishing(T(exponential.end)),
        saturated(T(expm1.exponential.end)) {}

  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE Exponential begin_value(T x) const { return expm1.exponential.accurate_parts(x); }
  ACT_HOST_DEVICE T value(T x, Exponential e) const {
    const T inner = expm1.times(e);
    const T y = x < saturated ? expm1.exponential.limit : inner;
    return x < T(0) ? y : elementary::fma(x, scale_parts.high, x * scale_parts.low);
  }

  // At 0 scale·alpha, the derivative on the left.
  ACT_HOST_DEVICE T derivative(T x) const {
    const T y = times_exp(x);
    return x > T(0) ? scale : y;
  }

  ACT_HOST_DEVICE T second_derivative(T x) const {
    const T y = times_exp(x);
    return x > T(0) ? T(0) : y;
  }

  // From a rounded output, the digits are lost where eˣ is small. The first sum is exact there.
  ACT_HOST_DEVICE T derivative_from_output(T y) const {
    return y > T(0) ? scale : (y + saturation) + saturation_rest;
  }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const {
    return y > T(0) ? T(0) : (y <= T(0) ? T(1) : y);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return where(x > 0.0, 0.0, saturation * exp(clamp_max(x, 0.0)));
  }

 private:
  static constexpr T scale = T(1.0507009873554804934193349852946);
  // The same as a sum, of two positive numbers: so that infinity and -0 stay what they are.
  static constexpr elementary::Pair<T> scale_parts =
      sizeof(T) == sizeof(float) ? elementary::Pair<T>{T(0x1.0cfabcp+0), T(0x1.6a9114p-24)}
                                 : elementary::Pair<T>{scale, T(0x1.6fc7d272f2695p-55)};
  // scale·alpha with alpha = 1.6732632423543772848170429916717, multiplied before it is rounded: to
  // 0.11 ulp in float, 0.06 in double.
  static constexpr T saturation = T(1.7580993408473768599402175208123);
  static constexpr T saturation_rest =
      sizeof(T) == sizeof(float) ? T(0x1.903c0cp-26) : T(0x1.05161b045a1fep-56);

  ACT_HOST_DEVICE T times_exp(T x) const {
    const T y = exponential.times(exponential.parts(x));
    return x < vanishing ? exponential.limit : y;
  }

  elementary::ExpWithFactor<T> exponential;
  elementary::Expm1WithFactor<T> expm1;
  T vanishing, saturated;
};

}  // namespace act::formulas
