// eˣ - 1.
#pragma once

#include <act/elementary/exp_bounded.h>

namespace act::elementary {

// factor·(e^(x + low) - 1) for x <= 0, or, growing, for x >= 0; beyond `end` the result is `limit`.
// With eˣ = (1 + q)·2ⁿ it is 2ⁿ·q + (2ⁿ - 1): for n = 0, q alone, accurate relative to its own
// size. Both are computed times 2ˢ, so that a small factor brings a large eˣ back among the
// numbers.
template <class T>
struct Expm1WithFactor {
  ACT_HOST_DEVICE Expm1WithFactor(T value, bool growing) : exponential(value, growing) {
    using B = Bias<T>;
    const int s = growing && exponential.shift < 0 ? exponential.shift : 0;
    exponential.magic = B::round + T(B::bias + s);
    exponential.factor = T(double(value) * exact_power(-s));
    one = T(exact_power(s));
    if (!growing) {
      exponential.end = -B::saturated;
      exponential.limit = -value;
    }
  }

  // The sum and its rounding error, multiplied apart: one rounding at the end. Largest errors seen,
  // through celu with alpha = -1, float 0.95 ulp, double 1.53.
  ACT_HOST_DEVICE T times(AccurateBiasedExponential<T> e) const {
    return times(e, e.power - one, T(0));
  }

  // The same with what 2ⁿ - 1 lost where n >= 24: there a growing result needs it.
  ACT_HOST_DEVICE T times_exactly(AccurateBiasedExponential<T> e) const {
    const T difference = e.power - one;
    return times(e, difference, one - (e.power - difference));
  }

 private:
  ACT_HOST_DEVICE T times(AccurateBiasedExponential<T> e, T difference, T excess) const {
    const T sum = fma(e.power, e.q, difference);
    const T lost = fma(e.power, e.q_low, fma(e.power, e.q, difference - sum)) - excess;
    return fma(sum, exponential.factor, lost * exponential.factor);
  }

 public:
  ExpWithFactor<T> exponential;
  T one;
};

}  // namespace act::elementary
