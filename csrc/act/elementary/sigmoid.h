// 1 / (1 + e⁻ˣ), and the pieces that every formula with a sigmoid in it shares.
#pragma once

#include <act/elementary/exp.h>

namespace act::elementary {

// factor·σ(x) = factor·2⁻ᵏ / (2⁻ᵏ + 2ⁿ⁻ᵏ·(1 + q)) with e⁻ˣ = (1 + q)·2ⁿ. k is half of n where e⁻ˣ is large, so
// that neither part of the quotient leaves the exponent's range and the division rounds once, also where
// the result is subnormal. For a finite factor; at most 1.5 ulp (measured).
template <class T>
ACT_HOST_DEVICE T times_sigmoid(T factor, T x) {
  constexpr T round = sizeof(T) == sizeof(float) ? T(0x1.8p23) : T(0x1.8p52);
  // Below, e⁻ˣ does not change 1 + e⁻ˣ.
  constexpr T negligible = sizeof(T) == sizeof(float) ? T(40) : T(60);
  const Exponential<T> e = exp_parts(x > negligible ? -negligible : -x);
  T k = fma(e.n, T(0.5), round) - round;
  k = k < T(0) ? T(0) : k;
  const T power = power_of_two(e.n - k), one = power_of_two(-k);
  const T sum = power + one;
  return factor * one / (sum + fma(power, e.q, one - (sum - power)));
}

template <class T>
ACT_HOST_DEVICE T sigmoid(T x) {
  return times_sigmoid(T(1), x);
}

}  // namespace act::elementary
