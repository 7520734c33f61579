// glu(a, b) = a·σ(b), the halves of the input along a dimension. Dauphin, Fan, Auli, Grangier:
// Language Modeling with Gated Convolutional Networks, arXiv:1612.08083.
#pragma once

#include <act/elementary/sigmoid.h>

namespace act::formulas {

template <class T>
struct Glu {
  // a/(1 + e), e = e⁻ᵇ, one rounded division, also where the result is subnormal. Where e would
  // come near the end of the exponent's range, a and e are both multiplied by 2⁻ˢ, beside which 1
  // is nothing: so small an `a` that 2⁻ˢ·a is inexact has the result 0 there. The gate is closed
  // below b = -131 (float) or -1060 (double): a·σ(b) is 0 there for |a| < 2³⁹ (2⁴⁵⁰).
  ACT_HOST_DEVICE static T value(T a, T b) {
    using B = elementary::Bias<T>;
    constexpr T one = T(1) / B::factor;
    constexpr T far = sizeof(T) == sizeof(float) ? T(-86) : T(-700);
    const T minus_gate = elementary::at_least(-B::saturated, elementary::at_most(-B::furthest, -b));
    const bool is_far = b < far;
    constexpr T magic = B::round + T(B::bias), far_magic = B::round + T(B::bias - B::exponent);
    const elementary::BiasedExponential<T> e = elementary::exponential_of(
        elementary::reduced_with(minus_gate, is_far ? far_magic : magic));
    const T sum = e.power + T(1);
    const T denominator = sum + elementary::fma(e.power, e.q, T(1) - (sum - e.power));
    const T factor = is_far ? one : T(1);
    const T y = a * (b < B::furthest ? T(0) : factor) / denominator;
    return elementary::is_nan(b) ? b : y;
  }

  // σ(b) and a·σ(b)·σ(-b), which share the exponential and the division: with e = e^-|b| and
  // inverse = 1/(1 + e), whose relative error is `lost`, σ(-|b|) = e·inverse, σ(|b|) = inverse.
  struct Gradient {
    T by_a, by_b;
  };

  ACT_HOST_DEVICE static Gradient gradient(T a, T b) {
    using B = elementary::Bias<T>;
    const T minus = -elementary::abs(b);
    const elementary::BiasedExponential<T> e =
        elementary::exp_biased<1>(minus < B::furthest ? B::furthest : minus);
    const T scaled = elementary::fma(e.power, e.q, e.power);
    const T inverse = T(1) / (B::factor + scaled);
    const T lost = elementary::fma(-inverse, scaled, elementary::fma(-inverse, B::factor, T(1)));
    const T larger = elementary::fma(inverse, lost, inverse) * B::factor;
    const T smaller = elementary::fma(inverse, e.q + lost, inverse) * e.power;
    const T square = inverse * B::factor * inverse;
    const T slope = elementary::fma(square, elementary::fma(T(2), lost, e.q), square);
    // The slope is held times 2⁻ˢ, the power times 2ˢ. Multiplied by the slope first, a small `a`
    // would vanish; by the product of both, a large one would show that it is subnormal. Beyond the
    // end of the power it is 0.
    const bool small = elementary::abs(a) < T(1);
    const T power = minus < B::furthest ? T(0) : e.power;
    const T first = small ? power : a, second = small ? a : power;
    return {b < T(0) ? smaller : larger, first * slope * second};
  }
};

}  // namespace act::formulas
