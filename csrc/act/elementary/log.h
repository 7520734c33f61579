// The natural logarithm.
//
// x = m·2ᵏ with m in [√½, √2), f = m - 1, s = f / (2 + f), and ln m = ln((1 + s) / (1 - s)). The
// sum is arranged as in fdlibm's e_log.c: f enters last and unrounded. Largest errors seen: float
// 0.82 ulp (every 37th number), double 0.82 ulp (2·10⁷ numbers).
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

namespace logarithm {

// P in ln((1 + s) / (1 - s)) = 2s + s·w·P(w), w = s² (tools/fit_log.py).
ACT_HOST_DEVICE float polynomial(float w) {
  float p = 0x1.e2ada8p-3f;
  p = fma(p, w, 0x1.243b0ap-2f);
  p = fma(p, w, 0x1.999a7p-2f);
  return fma(p, w, 0x1.555556p-1f);
}
ACT_HOST_DEVICE double polynomial(double w) {
  double p = 0x1.2ea5bbb53c6fap-3;
  p = fma(p, w, 0x1.39abf06ad911bp-3);
  p = fma(p, w, 0x1.7465d0a21a3d9p-3);
  p = fma(p, w, 0x1.c71c545c5b77dp-3);
  p = fma(p, w, 0x1.2492493eb2ce9p-2);
  p = fma(p, w, 0x1.99999999842cdp-2);
  return fma(p, w, 0x1.5555555555582p-1);
}

// ln 2 in two parts, the first so short that its product with an exponent is exact.
template <class T>
ACT_HOST_DEVICE constexpr T ln2_high() {
  return sizeof(T) == sizeof(float) ? T(0x1.62ep-1f) : T(0x1.62e42fefa38p-1);
}
template <class T>
ACT_HOST_DEVICE constexpr T ln2_low() {
  return sizeof(T) == sizeof(float) ? T(0x1.0bfbe8p-15f) : T(0x1.ef35793c7673p-45);
}

template <class T>
struct Decomposed {
  T mantissa, exponent;
};

// Of a positive, normal number. The bits are moved so that their exponent field turns over at √½,
// and the exponent becomes a number by standing in the lowest bits of 1.5·2²³ (1.5·2⁵²).
ACT_HOST_DEVICE Decomposed<float> decomposed(float x) {
  constexpr std::uint32_t sqrt_half = 0x3f3504f3, round = 0x4b400000, bias = 256;
  const std::uint32_t moved = std::uint32_t(to_bits(x)) - sqrt_half + (bias << 23);
  const std::uint32_t exponent = (moved >> 23) - bias + round;
  return {from_bits(std::int32_t((moved & 0x007fffff) + sqrt_half)),
          from_bits(std::int32_t(exponent)) - 0x1.8p23f};
}
ACT_HOST_DEVICE Decomposed<double> decomposed(double x) {
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcd, round = 0x4338000000000000, bias = 2048;
  const std::uint64_t moved = std::uint64_t(to_bits(x)) - sqrt_half + (bias << 52);
  const std::uint64_t exponent = (moved >> 52) - bias + round;
  return {from_bits(std::int64_t((moved & 0x000fffffffffffff) + sqrt_half)),
          from_bits(std::int64_t(exponent)) - 0x1.8p52};
}

}  // namespace logarithm

// -inf at 0, NaN below.
template <class T>
ACT_HOST_DEVICE T log(T x) {
  constexpr bool single = sizeof(T) == sizeof(float);
  constexpr T smallest_normal = single ? T(0x1p-126) : T(0x1p-1022);
  constexpr T lift = single ? T(0x1p24) : T(0x1p54);
  const bool subnormal = x < smallest_normal;
  const auto [m, e] = logarithm::decomposed(subnormal ? x * lift : x);
  const T k = e - (subnormal ? (single ? T(24) : T(54)) : T(0));
  const T f = m - T(1);
  const T s = f / (T(2) + f);
  const T w = s * s;
  const T half_square = T(0.5) * f * f;
  const T inner =
      fma(s, fma(w, logarithm::polynomial(w), half_square), k * logarithm::ln2_low<T>());
  const T value = fma(k, logarithm::ln2_high<T>(), f - (half_square - inner));
  const T infinity = T(__builtin_huge_val());
  const T finite = x > T(0) ? value : (x == T(0) ? -infinity : T(__builtin_nan("")));
  return x == infinity || is_nan(x) ? x : finite;
}

}  // namespace act::elementary
