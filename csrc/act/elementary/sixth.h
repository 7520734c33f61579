// (high + low) / 6, for the hard sigmoid and the hard swish: one rounding and two products more
// accurate than a division of the sum, which would need a rounding of its own.
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

// 1/6 to twice the precision, as the nearest number and the nearest to what is left of it.
ACT_HOST_DEVICE float sixth(float high, float low) {
  constexpr float sixth_high = 0x1.555556p-3f, sixth_low = -0x1.555556p-28f;
  return fma(high, sixth_high, fma(high, sixth_low, low * sixth_high));
}

ACT_HOST_DEVICE double sixth(double high, double low) {
  constexpr double sixth_high = 0x1.5555555555555p-3, sixth_low = 0x1.5555555555555p-57;
  return fma(high, sixth_high, fma(high, sixth_low, low * sixth_high));
}

}  // namespace act::elementary
