// e^(high + low) times a sum, for arguments that are products: the rounding error of t², say, which
// is half a unit of a number in the hundreds, changes e^(-t²/2) by dozens of units.
#pragma once

#include <act/elementary/exp.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// The parts of e^(x.high + x.low) for x.high from -150 (float) or -1000 (double) to 0; low² is
// neglected.
template <class T>
ACT_HOST_DEVICE Exponential<T> exp_parts(Pair<T> x) {
  const exponential::Reduced<T> r = exponential::reduced(x.high);
  const T square = r.high * r.high, p = exponential::polynomial(r.high), low = r.low + x.low;
  const T q = fma(square, p, r.high);
  return {r.high + fma(square, p, fma(q, low, low)), r.n};
}

// r·2ⁿ for n <= 0 as exp_parts gives it above: the first product is exact, the second rounds where
// the result is subnormal.
ACT_HOST_DEVICE float scale_down(float r, float n) { return r * power_of_two(n + 96) * 0x1p-96f; }
ACT_HOST_DEVICE double scale_down(double r, double n) {
  return r * power_of_two(n + 512) * 0x1p-512;
}

// a·e for n <= 0, rounded once, and once more at most where it is subnormal.
template <class T>
ACT_HOST_DEVICE T times_exp(Pair<T> a, Exponential<T> e) {
  return scale_down(a.high + fma(a.high, e.q, fma(a.low, e.q, a.low)), e.n);
}

}  // namespace act::elementary
