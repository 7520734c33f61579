// tanh, as a number and as an unevaluated sum.
#pragma once

#include <act/elementary/clamp.h>
#include <act/elementary/exp.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

template <class T>
struct Fraction {
  Pair<T> numerator, denominator;
};

// tanh(t) = (e²ᵗ - 1) / (e²ᵗ + 1) for t >= 0, with eˣ = (1 + q)·2ⁿ: both sums are formed with their
// errors, so that high + low of the quotient is some bits more accurate than its rounding to one
// number, whose largest errors seen are float 0.91 ulp, double 0.76. t = |x|; NaN has to pass
// elsewhere.
template <class T>
ACT_HOST_DEVICE AccurateExponential<T> tanh_exponential(T x) {
  constexpr T saturated = sizeof(T) == sizeof(float) ? T(12) : T(24);
  return accurate_exp_parts(T(2) * magnitude_up_to(saturated, x));
}
template <class T>
ACT_HOST_DEVICE Fraction<T> tanh_fraction(AccurateExponential<T> e) {
  const T power = power_of_two(e.n);
  const T scaled = power * e.q, low = power * e.low;
  const Pair<T> less = ordered_sum(power, T(-1)), more = ordered_sum(power, T(1));
  Pair<T> numerator = ordered_sum(less.high, scaled);
  Pair<T> denominator = ordered_sum(more.high, scaled);
  numerator.low += less.low + low;
  denominator.low += more.low + low;
  return {numerator, denominator};
}

}  // namespace act::elementary
