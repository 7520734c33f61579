// logsigmoid(x) = ln σ(x) = min(x, 0) - ln(1 + e^-|x|).
#pragma once

#include <act/declaration.h>
#include <act/elementary/clamp.h>
#include <act/elementary/log1p_exp.h>
#include <act/elementary/sigmoid.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct Logsigmoid {
  static constexpr Declaration declaration{.name = "logsigmoid"};

  ACT_HOST_DEVICE explicit Logsigmoid(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    using B = elementary::Bias<T>;
    constexpr T unbias = T(1) / B::factor;
    const T t = -elementary::magnitude_up_to(-B::lowest, x);
    const elementary::ExponentialPair<T> l = elementary::log1p_exp(elementary::exp_pair(t), unbias);
    const T power = l.power * unbias;
    const elementary::Pair<T> sum = elementary::any_sum(x, -(l.high * power));
    const T negative = sum.high + elementary::fma(-l.low, power, sum.low);
    const T y = x < T(0) ? negative : -((l.high + l.low) * l.power * unbias);
    return x >= -B::saturated ? y : x;
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
