// σ(x) = 1 / (1 + e⁻ˣ), and the parts that every formula with a sigmoid in it shares.
#pragma once

#include <act/elementary/exp.h>
#include <act/elementary/exp_biased.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// σ(x) = one / denominator with one = 2⁻ᵏ. k is half of the exponent of e⁻ˣ where that is large, so
// that neither part leaves the exponent's range and the quotient rounds once, also where it is
// subnormal. tanh(-x/2) = (e⁻ˣ - 1) / (e⁻ˣ + 1) = difference / denominator.
template <class T>
struct Logistic {
  T one;
  Pair<T> denominator;
  T difference;
};

// e = e⁻ˣ.
template <class T>
ACT_HOST_DEVICE Logistic<T> logistic(Exponential<T> e) {
  constexpr T round = sizeof(T) == sizeof(float) ? T(0x1.8p23) : T(0x1.8p52);
  T k = fma(e.n, T(0.5), round) - round;
  k = k < T(0) ? T(0) : k;
  const T power = power_of_two(e.n - k), one = power_of_two(-k);
  const T sum = power + one;
  const T rest = fma(power, e.q, one - (sum - power));
  return {one, ordered_sum(sum, rest), fma(power, e.q, power - one)};
}

// Above, e⁻ˣ does not change 1 + e⁻ˣ.
template <class T>
ACT_HOST_DEVICE T saturated(T x) {
  constexpr T negligible = sizeof(T) == sizeof(float) ? T(40) : T(60);
  return x > negligible ? negligible : x;
}

template <class T>
ACT_HOST_DEVICE Logistic<T> logistic(T x) {
  return logistic(exp_parts(-saturated(x)));
}

// 2⁻ˢ + 2⁻ˢ·e for e = e⁻ˣ, and what its rounding lost: 2⁻ˢ·e stays in the exponent's range for
// every x that matters.
template <class T>
ACT_HOST_DEVICE Pair<T> biased_one_plus(BiasedExponential<T> e) {
  constexpr T one = T(1) / Bias<T>::factor;
  const T sum = fma(e.power, e.q, e.power + one);
  return {sum, fma(e.power, e.q, one - (sum - e.power))};
}

// The same for e = (1 + r + r²·P(r))·power, whose terms are not rounded to one number.
template <class T>
ACT_HOST_DEVICE Pair<T> biased_one_plus(Reduction<T> e) {
  constexpr T one = T(1) / Bias<T>::factor;
  const T bend = e.r * e.r * exponential::polynomial(e.r);
  const T sum = fma(e.power, bend, fma(e.power, e.r, e.power + one));
  return {sum, fma(e.power, bend, fma(e.power, e.r, one - (sum - e.power)))};
}

// numerator/(1 + e), e as either of these two.
template <class T, class E>
ACT_HOST_DEVICE T over_one_plus(T numerator, E e) {
  constexpr T one = T(1) / Bias<T>::factor;
  const Pair<T> denominator = biased_one_plus(e);
  const T inverse = T(1) / denominator.high;
  const T quotient = numerator * inverse;
  // The remainder with its sign changed: so -0 stays -0.
  const T excess = fma(quotient, denominator.low, fma(quotient, denominator.high, -numerator));
  return fma(excess, -inverse, quotient) * one;
}

// σ(x). Largest errors seen: float 0.99 ulp (all numbers), double 1.00 (20,000).
template <class T>
ACT_HOST_DEVICE T sigmoid(T x, BiasedExponential<T> e) {
  const T y = over_one_plus(T(1), e);
  return is_nan(x) ? x : y;
}
template <class T>
ACT_HOST_DEVICE BiasedExponential<T> sigmoid_exponential(T x) {
  return exp_biased<-1>(-bounded(x));
}
template <class T>
ACT_HOST_DEVICE T sigmoid(T x) {
  return sigmoid(x, sigmoid_exponential(x));
}

// x·σ(x), whose last digits come from any e, not from those alone that end as σ's do. Largest
// errors seen: float 0.89 ulp (all numbers), double 1.00 (20,000).
// The reduction is that of -bounded(x).
template <class T>
ACT_HOST_DEVICE T times_own_sigmoid(T x, Reduction<T> reduction) {
  // -inf must not meet σ(-inf) = 0: the argument stops where the result has long become -0.
  const T y = over_one_plus(at_least(Bias<T>::lowest, x), reduction);
  // NaN fails the comparison and passes.
  return x < Bias<T>::saturated ? y : x;
}
template <class T>
ACT_HOST_DEVICE T times_own_sigmoid(T x) {
  return times_own_sigmoid(x, reduced_biased<-1>(-bounded(x)));
}

// factor·σ(x)·σ(-x) = factor·(w - w²) with w = σ(-|x|) = inverse·one, the smaller of the two: no
// digit is lost in either tail. For a factor of a moderate size. Largest errors seen with factor 1:
// float 1.12 ulp, double 1.00. l is of -|x|.
template <class T>
ACT_HOST_DEVICE T times_sigmoid_derivative(T factor, const Logistic<T>& l) {
  const Pair<T> inverse = reciprocal(l.denominator);
  const T w = inverse.high * l.one;
  const T rest = fma(-inverse.high, w, fma(T(-2) * w, inverse.low, inverse.low));
  return (inverse.high + rest) * factor * l.one;
}

template <class T>
ACT_HOST_DEVICE T times_sigmoid_derivative(T factor, T x) {
  return times_sigmoid_derivative(factor, logistic(-abs(x)));
}

// factor·σ(x)·σ(-x)·tanh(x/2) for x >= 0. Largest errors seen: float 2.9 ulp, double 2.5.
template <class T>
ACT_HOST_DEVICE T times_sigmoid_second_derivative(T factor, T x) {
  const Logistic<T> l = logistic(-x);
  const Pair<T> inverse = reciprocal(l.denominator);
  const T w = inverse.high * l.one;
  const T slope = fma(-inverse.high, w, inverse.high);
  const T difference = factor * l.difference;
  const T tanh_half = fma(difference, inverse.high, difference * inverse.low);
  const T correction = fma(T(-2) * w, inverse.low, inverse.low) * tanh_half;
  return fma(slope, tanh_half, correction) * l.one;
}

}  // namespace act::elementary
