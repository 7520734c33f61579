// ln(1 + x) for 0 <= x <= 1, the part of it that softplus needs, as an unevaluated sum.
#pragma once

#include <act/elementary/exp_biased.h>
#include <act/elementary/log.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// x = high + low. As log.h does it, but without rounding 1 + x: beyond √2 - 1 it is halved, to
// f = (x - 1)/2. f enters last; the low part of x, and what f lost, count with the slope 1/(1 + f).
// Arithmetic on c instead of selects: of several selects by one condition GCC makes two copies of
// what is between them, with a division each.
template <class T>
ACT_HOST_DEVICE Pair<T> log1p(Pair<T> x) {
  constexpr T twice_ln2 = sizeof(T) == sizeof(float) ? T(0x1.62e43p0) : T(0x1.62e42fefa39efp0);
  constexpr T twice_ln2_rest =
      sizeof(T) == sizeof(float) ? T(-0x1.05c61p-28) : T(0x1.abc9e3b39803fp-55);
  const T c = x.high > T(0x1.a8279ap-2) ? T(0.5) : T(0), slope = T(1) - c;
  const T f = fma(x.high, slope, -c);
  const T low = fma(x.low, slope, fma(x.high, slope, -(c + f)));
  const T s = f / (T(2) + f);
  const T w = s * s;
  const T half_square = T(0.5) * f * f;
  const T inner = fma(s, fma(w, logarithm::polynomial(w), half_square), fma(T(-2) * s, low, low));
  const T high = fma(c, twice_ln2, f);
  const T lost = f - (high - c * twice_ln2);
  return ordered_sum(high, fma(c, twice_ln2_rest, lost) - (half_square - inner));
}

// ln(1 + eˣ) for x <= 0, eˣ = power·(1 + q); largest errors seen of its high part: float 1.12 ulp,
// double 1.01 (through logsigmoid; tools/check_formula.py). Only for normal results: below, ln(1 +
// eˣ) is eˣ.
template <class T>
ACT_HOST_DEVICE Pair<T> log1p_exp(BiasedExponential<T> e) {
  const T high = fma(e.power, e.q, e.power);
  return log1p(Pair<T>{high, fma(e.power, e.q, e.power - high)});
}

template <class T>
ACT_HOST_DEVICE Pair<T> log1p_exp(Exponential<T> e) {
  constexpr T least = sizeof(T) == sizeof(float) ? T(-126) : T(-1022);
  return log1p_exp(BiasedExponential<T>{e.q, power_of_two(e.n < least ? least : e.n)});
}

}  // namespace act::elementary
