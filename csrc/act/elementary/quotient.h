// Numbers as unevaluated sums high + low, to some 1.5 times the working precision, and their
// quotient.
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

template <class T>
struct Pair {
  T high, low;
};

// a + b where |a| >= |b| or a = 0 (Dekker's Fast2Sum).
template <class T>
ACT_HOST_DEVICE Pair<T> ordered_sum(T a, T b) {
  const T sum = a + b;
  return {sum, b - (sum - a)};
}

// a + b for any order (Knuth's 2Sum).
template <class T>
ACT_HOST_DEVICE Pair<T> any_sum(T a, T b) {
  const T sum = a + b;
  const T b_part = sum - a;
  return {sum, (a - (sum - b_part)) + (b - b_part)};
}

// a·b; the error of the product's rounding is exact.
template <class T>
ACT_HOST_DEVICE Pair<T> product(T a, T b) {
  const T high = a * b;
  return {high, fma(a, b, -high)};
}

template <class T>
ACT_HOST_DEVICE Pair<T> product(Pair<T> a, Pair<T> b) {
  const T high = a.high * b.high;
  return {high, fma(a.high, b.low, fma(a.low, b.high, fma(a.high, b.high, -high)))};
}

template <class T>
ACT_HOST_DEVICE Pair<T> product(T a, Pair<T> b) {
  const T high = a * b.high;
  return {high, fma(a, b.low, fma(a, b.high, -high))};
}

// 1/d: one division, whose remainder gives the low part.
template <class T>
ACT_HOST_DEVICE Pair<T> reciprocal(Pair<T> d) {
  const T high = T(1) / d.high;
  return {high, high * fma(-high, d.low, fma(-high, d.high, T(1)))};
}

// a/d.
template <class T>
ACT_HOST_DEVICE Pair<T> quotient(Pair<T> a, Pair<T> d) {
  const T inverse = T(1) / d.high;
  const T high = a.high * inverse;
  const T remainder = fma(-high, d.low, fma(-high, d.high, a.high) + a.low);
  return {high, remainder * inverse};
}

}  // namespace act::elementary
