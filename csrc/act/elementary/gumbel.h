// A number of the Gumbel distribution, -ln(E) with E = -ln(1 - u) exponentially distributed, from
// 32 random bits: u = (bits + 1/2)/2³², so that neither 0 nor 1 occurs and the numbers are finite,
// from -3.14 to 22.9. Gumbel, Statistical Theory of Extreme Values, 1954.
#pragma once

#include <act/elementary/log.h>

namespace act::elementary {

// Near u = 0, E is u itself: 1 - u would lose it. Near u = 1 the distance to 1 counts, which is
// taken from the bits. What 1 - u rounds off is made good in first order.
template <class T>
ACT_HOST_DEVICE T gumbel(std::uint32_t bits) {
  const bool upper = bits >> 31 != 0;
  const std::uint32_t from_end = upper ? ~bits : bits;
  const T distance = fma(T(std::int32_t(from_end)), T(0x1p-32), T(0x1p-33));  // to 0 or 1
  const T rest = upper ? distance : T(1) - distance;
  const T lost = upper ? T(0) : (T(1) - rest) - distance;
  return -log(-(log(rest) + lost / rest));
}

}  // namespace act::elementary
