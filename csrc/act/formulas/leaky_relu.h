// leaky_relu(x) = x above 0, negative_slope·x from 0 down, with derivative negative_slope at 0.
// Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic Models, ICML 2013.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>
#include <act/elementary/limits.h>
#include <act/elementary/slopes.h>

namespace act::formulas {

template <class T>
struct LeakyRelu {
  static constexpr Declaration declaration{
      .name = "leaky_relu",
      .two_slopes = true,
      .limited_by_memory = true,
      .parameters = {{"negative_slope", 0.01}},
      // A negative slope makes the outputs of negative inputs positive; an infinite one turns 0
      // into NaN.
      .output_determines_derivative =
          [](ParameterValues p, double (*rounded)(double)) {
            return p.first >= 0 && rounded(p.first) * 0 == 0;
          },
  };

  // With slope 0 the limit at -inf is 0 like everywhere else, but 0·inf is NaN: so x stops at the
  // lowest finite number.
  ACT_HOST_DEVICE explicit LeakyRelu(ParameterValues p)
      : slope_(T(p.first)),
        lowest_(slope_ == T(0) ? -elementary::largest<T>() : -elementary::infinity<T>()) {}

  ACT_HOST_DEVICE T value(T x) const {
    const T bounded = x < lowest_ ? lowest_ : x;
    return x > T(0) ? x : slope_ * bounded;
  }

  ACT_HOST_DEVICE T derivative(T x) const { return x > T(0) ? T(1) : (x <= T(0) ? slope_ : x); }
  ACT_HOST_DEVICE T second_derivative(T x) const { return elementary::is_nan(x) ? x : T(0); }
  ACT_HOST_DEVICE elementary::Slopes<T> slopes() const { return {slope_, T(1)}; }

  ACT_HOST_DEVICE T derivative_from_output(T y) const { return derivative(y); }
  ACT_HOST_DEVICE T second_derivative_from_output(T y) const { return second_derivative(y); }

 private:
  T slope_, lowest_;
};

}  // namespace act::formulas
