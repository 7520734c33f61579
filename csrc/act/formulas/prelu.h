// prelu(x, w) = x above 0, w·x from 0 down: a leaky_relu whose slope is learned, with slope w at 0.
// He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852.
#pragma once

#include <act/elementary/arithmetic.h>
#include <act/elementary/limits.h>

namespace act::formulas {

template <class T>
struct Prelu {
  // A slope of 0 gives 0 at -inf, too (0·inf would be NaN).
  ACT_HOST_DEVICE static T value(T x, T weight) {
    const T lowest = weight == T(0) ? -elementary::largest<T>() : -elementary::infinity<T>();
    const T bounded = x < lowest ? lowest : x;
    return x > T(0) ? x : weight * bounded;
  }

  ACT_HOST_DEVICE static T derivative_input(T x, T weight) {
    return x > T(0) ? T(1) : (x <= T(0) ? weight : x);
  }

  ACT_HOST_DEVICE static T derivative_weight(T x) { return x > T(0) ? T(0) : x; }
};

}  // namespace act::formulas
