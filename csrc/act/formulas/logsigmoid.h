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

  using Exponential = elementary::ExponentialPair<T>;

  ACT_HOST_DEVICE explicit Logsigmoid(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Exponential e = begin_value(x);
    return value(x, e, continue_value(x, e));
  }
  ACT_HOST_DEVICE Exponential begin_value(T x) const {
    return elementary::exp_pair(-elementary::magnitude_up_to(-B::lowest, x));
  }
  ACT_HOST_DEVICE elementary::Pair<T> continue_value(T, Exponential e) const {
    return elementary::log1p_exp(e, unbias);
  }
  ACT_HOST_DEVICE T value(T x, Exponential e, elementary::Pair<T> l) const {
    const T power = e.power * unbias;
    const elementary::Pair<T> sum = elementary::any_sum(x, -(l.high * power));
    const T negative = sum.high + elementary::fma(-l.low, power, sum.low);
    const T y = x < T(0) ? negative : -((l.high + l.low) * e.power * unbias);
    return x >= -B::saturated ? y : x;
  }

  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }
  ACT_HOST_DEVICE elementary::BiasedExponential<T> begin_derivative(T x) const {
    return elementary::sigmoid_exponential(-x);
  }
  ACT_HOST_DEVICE T derivative(T x, elementary::BiasedExponential<T> e) const {
    return elementary::sigmoid(-x, e);
  }

  // -σ(x)·σ(-x).
  ACT_HOST_DEVICE T second_derivative(T x) const {
    return elementary::times_sigmoid_derivative(T(-1), x);
  }

  template <class X>
  X third_derivative(const X& x) const {
    return -elementary::SigmoidDerivatives<X>(x).second;
  }

 private:
  using B = elementary::Bias<T>;
  static constexpr T unbias = T(1) / B::factor;
};

}  // namespace act::formulas
