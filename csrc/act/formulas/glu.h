// glu(a, b) = a·σ(b), the halves of the input along a dimension. Dauphin, Fan, Auli, Grangier:
// Language Modeling with Gated Convolutional Networks, arXiv:1612.08083.
#pragma once

#include <act/elementary/sigmoid.h>

namespace act::formulas {

template <class T>
struct Glu {
  ACT_HOST_DEVICE static T value(T a, T b) {
    return b < -closed ? a * T(0) : elementary::times_sigmoid(a, b);
  }

  ACT_HOST_DEVICE static T derivative_a(T, T b) { return elementary::sigmoid(b); }

  // a·σ(b)·σ(-b)
  ACT_HOST_DEVICE static T derivative_b(T a, T b) {
    return elementary::abs(b) > closed ? a * T(0) : elementary::times_sigmoid_derivative(a, b);
  }

  // By a and b; the second derivative by a alone is 0.
  ACT_HOST_DEVICE static T second_derivative_ab(T, T b) { return derivative_b(T(1), b); }

  // a·σ(b)·σ(-b)·(σ(-b) - σ(b)), odd in b
  ACT_HOST_DEVICE static T second_derivative_bb(T a, T b) {
    const T t = elementary::abs(b);
    const T magnitude = elementary::times_sigmoid_second_derivative(a, t);
    return t > closed ? a * T(0) : (b > T(0) ? -magnitude : magnitude);
  }

 private:
  // Beyond, the gate is 0 whatever it is multiplied with; the exponent of e^b ends here (see
  // exp.h).
  static constexpr T closed = sizeof(T) == sizeof(float) ? T(150) : T(1000);
};

}  // namespace act::formulas
