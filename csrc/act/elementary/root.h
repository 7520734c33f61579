// The square root to more than working precision.
#pragma once

#include <act/elementary/quotient.h>

namespace act::elementary {

// An instruction, not a call, under -fno-math-errno; rounded correctly (-prec-sqrt=true).
ACT_HOST_DEVICE float sqrt(float x) { return __builtin_sqrtf(x); }
ACT_HOST_DEVICE double sqrt(double x) { return __builtin_sqrt(x); }

// 1/d within 2 % for a positive normal number, without a division: for corrections. The negated
// exponent and mantissa are within an eighth, and a Newton step squares that.
ACT_HOST_DEVICE float rough_reciprocal(float d) {
  const float y = from_bits(std::int32_t(0x7ef311c7) - to_bits(d));
  return y * fma(-d, y, 2.0f);
}
ACT_HOST_DEVICE double rough_reciprocal(double d) {
  const double y = from_bits(std::int64_t(0x7fde623822fc16e6) - to_bits(d));
  return y * fma(-d, y, 2.0);
}

// √(x.high + x.low), with what the root's rounding lost: the remainder over twice the root.
template <class T>
ACT_HOST_DEVICE Pair<T> sqrt(Pair<T> x) {
  const T high = sqrt(x.high);
  const T remainder = fma(-high, high, x.high) + x.low;
  return {high, T(0.5) * remainder * rough_reciprocal(high)};
}

}  // namespace act::elementary
