// The largest finite number, the infinity and the NaN of a type, on the host and the device
// (std::numeric_limits is host code to nvcc).
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

template <class T>
ACT_HOST_DEVICE constexpr T largest() {
  return sizeof(T) == sizeof(float) ? T(0x1.fffffep127) : T(0x1.fffffffffffffp1023);
}

template <class T>
ACT_HOST_DEVICE constexpr T infinity() {
  return T(__builtin_huge_val());
}

template <class T>
ACT_HOST_DEVICE constexpr T quiet_nan() {
  return T(__builtin_nan(""));
}

}  // namespace act::elementary
