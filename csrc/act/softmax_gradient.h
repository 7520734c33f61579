// The gradients of the softmax family, element by element, once the row's sum is known: for the
// host and the device alike.
#pragma once

#include <act/softmax_scale.h>

namespace act::normalization {

// y·(g - Σ g·y), the sum as high + low, so that the difference has no error but its own rounding.
// softmin has the opposite sign.
template <class T>
ACT_HOST_DEVICE T softmax_gradient(T g, T y, T high, T low, T sign) {
  return sign * y * ((g - high) - low);
}

// What a log_softmax can have for output, and some more.
template <class T>
inline constexpr T largest_usual_output = T(70);

// g - e^y·Σ g. e^y is computed like the exponentials of the forward, times 2^lift: for y up to the
// number above, and down to where the result vanishes. No log_softmax has a positive output, but
// the backward op takes any tensor: `usual` = false is for those that have others too.
template <bool usual, class T>
ACT_HOST_DEVICE T log_softmax_gradient(T g, T y, T minus_sum) {
  constexpr bool single = sizeof(T) == sizeof(float);
  constexpr T lift = single ? T(24) : T(54), unlift = single ? T(0x1p-24f) : T(0x1p-54);
  constexpr T vanishing = single ? T(-104) : T(-745.2);
  using R = Range<T>;
  const T scaled = scaled_exp(y, T(0), T(-2) * R::subtract_from, R::round + R::bias + lift);
  const T e = y < vanishing ? T(0) : scaled;
  const T result = elementary::fma(e, minus_sum * unlift, g);
  if constexpr (usual) return result;
  return y > largest_usual_output<T> ? elementary::fma(elementary::exp(y), minus_sum, g) : result;
}

}  // namespace act::normalization
