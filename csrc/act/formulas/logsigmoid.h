// logsigmoid(x) = ln σ(x) = min(x, 0) - ln(1 + e^-|x|).
#pragma once

#include <act/declaration.h>
#include <act/elementary/log1p.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Logsigmoid {
  static constexpr Declaration declaration{.name = "logsigmoid"};

  ACT_HOST_DEVICE explicit Logsigmoid(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    constexpr T tail = sizeof(T) == sizeof(float) ? T(-80) : T(-600);
    const T t = -elementary::abs(x);
    const elementary::Exponential<T> e = elementary::exp_parts(t);
    const elementary::Pair<T> logarithm = elementary::log1p_exp(e);
    const T exponential = elementary::exp(e);
    const T high = t < tail ? exponential : logarithm.high;
    return x < T(0) ? x - high : -high;
  }

  ACT_HOST_DEVICE T derivative(T x) const { return elementary::sigmoid(-x); }

  // -σ(x)·σ(-x).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    return elementary::times_sigmoid_derivative(T(-1), x);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return -elementary::SigmoidDerivatives<X>(x).second;
  }
};

}  // namespace act::formulas
