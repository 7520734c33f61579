// eˣ - 1.
#pragma once

#include <act/elementary/exp.h>

namespace act::elementary {

// factor·(e^(x + low) - 1). With eˣ = (1 + q)·2ⁿ it is 2ⁿ·q + (2ⁿ - 1): for n = 0, q alone, accurate relative to
// its own size. Half of 2ⁿ waits until the end, so that it overflows only where the result does.
template <class T>
ACT_HOST_DEVICE T times_expm1(T factor, T x, T low) {
  constexpr T greatest = sizeof(T) == sizeof(float) ? T(150) : T(1000);
  constexpr T lowest = sizeof(T) == sizeof(float) ? T(-40) : T(-60);
  const Exponential<T> e = exp_parts(x < lowest ? lowest : (x > greatest ? greatest : x), low);
  constexpr T round = sizeof(T) == sizeof(float) ? T(0x1.8p23) : T(0x1.8p52);
  T k = fma(e.n, T(0.5), round) - round;
  k = k < T(0) ? T(0) : k;
  const T power = power_of_two(e.n - k);
  const T difference = fma(power, e.q, power - power_of_two(-k));
  return factor * difference * power_of_two(k);
}

template <class T>
ACT_HOST_DEVICE T expm1(T x) {
  // e⁰ - 1 would lose the sign of zero.
  return x == T(0) ? x : times_expm1(T(1), x, T(0));
}

}  // namespace act::elementary
