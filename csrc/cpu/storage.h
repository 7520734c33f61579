// How the half types lie in memory, and their conversion to and from float32, a block at a time.
#pragma once

#include <act/elementary/arithmetic.h>

// F16C comes with AVX2. The compiler's own macros do not follow `#pragma GCC target`.
#if ACT_VECTOR_BYTES >= 32
#include <immintrin.h>
#endif

#include <cstdint>
#include <type_traits>

namespace act::cpu {

struct BFloat16Bits {
  std::uint16_t bits;
};

struct HalfBits {
  std::uint16_t bits;
};

// The type that a stored type is computed in.
template <class Stored>
struct OpmathOf {
  using type = float;
};
template <>
struct OpmathOf<double> {
  using type = double;
};
template <class Stored>
using opmath_t = typename OpmathOf<Stored>::type;

ACT_HOST_DEVICE float to_opmath(float x) { return x; }
ACT_HOST_DEVICE double to_opmath(double x) { return x; }

ACT_HOST_DEVICE float to_opmath(BFloat16Bits x) {
  return elementary::from_bits(static_cast<std::int32_t>(static_cast<std::uint32_t>(x.bits) << 16));
}

// A half is a float with 13 mantissa bits and 112 of exponent bias less. Multiplying by 2^112 moves
// the exponent and normalises subnormals at once; infinities and NaN get the float's top exponent
// by hand.
ACT_HOST_DEVICE float to_opmath(HalfBits x) {
  const std::uint32_t magnitude = static_cast<std::uint32_t>(x.bits & 0x7fff) << 13;
  const std::uint32_t sign = static_cast<std::uint32_t>(x.bits & 0x8000) << 16;
  const float finite = elementary::from_bits(static_cast<std::int32_t>(magnitude)) * 0x1p112f;
  const std::uint32_t bits = magnitude >= 0x0f800000u
                                 ? (magnitude | 0x7f800000u)
                                 : static_cast<std::uint32_t>(elementary::to_bits(finite));
  return elementary::from_bits(static_cast<std::int32_t>(bits | sign));
}

template <class Stored>
Stored from_opmath(opmath_t<Stored> x);

template <>
ACT_HOST_DEVICE float from_opmath<float>(float x) {
  return x;
}
template <>
ACT_HOST_DEVICE double from_opmath<double>(double x) {
  return x;
}

// Round to nearest, ties to even, by adding just under half a unit; NaN stays a (quiet) NaN.
template <>
ACT_HOST_DEVICE BFloat16Bits from_opmath<BFloat16Bits>(float x) {
  const auto bits = static_cast<std::uint32_t>(elementary::to_bits(x));
  const std::uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const std::uint32_t quiet_nan = (bits >> 16) | 0x40u;
  return {static_cast<std::uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? quiet_nan : rounded)};
}

// Three ranges: overflow and NaN; normal, rounded in the integers; subnormal, where adding 2^-1
// (whose unit is the smallest half, 2^-24) lets the float addition itself round.
template <>
ACT_HOST_DEVICE HalfBits from_opmath<HalfBits>(float x) {
  const auto bits = static_cast<std::uint32_t>(elementary::to_bits(x));
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  const std::uint32_t normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  const float shifted = elementary::from_bits(static_cast<std::int32_t>(magnitude)) + 0.5f;
  const auto subnormal = static_cast<std::uint32_t>(elementary::to_bits(shifted)) - 0x3f000000u;
  // A NaN keeps the payload bits that fit, as the hardware's conversion does.
  const std::uint32_t infinite =
      magnitude > 0x7f800000u ? 0x7e00u | ((magnitude >> 13) & 0x3ffu) : 0x7c00u;
  const std::uint32_t finite = magnitude < 0x38800000u ? subnormal : normal;
  return {static_cast<std::uint16_t>((magnitude >= 0x477ff000u ? infinite : finite) | sign)};
}

// Dense conversions. They are loops over the scalar forms, which compilers vectorise, but for
// float16 where the hardware converts eight at a time.
template <class Stored>
ACT_HOST_DEVICE void widen(opmath_t<Stored>* to, const Stored* from, std::int64_t size) {
  std::int64_t i = 0;
#if ACT_VECTOR_BYTES >= 32
  if constexpr (std::is_same_v<Stored, HalfBits>) {
    for (; i + 8 <= size; i += 8) {
      const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm256_storeu_ps(to + i, _mm256_cvtph_ps(half));
    }
  }
#endif
  for (; i < size; ++i) to[i] = to_opmath(from[i]);
}

template <class Stored>
ACT_HOST_DEVICE void narrow(Stored* to, const opmath_t<Stored>* from, std::int64_t size) {
  std::int64_t i = 0;
#if ACT_VECTOR_BYTES >= 32
  if constexpr (std::is_same_v<Stored, HalfBits>) {
    for (; i + 8 <= size; i += 8) {
      const __m256 single = _mm256_loadu_ps(from + i);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + i),
                       _mm256_cvtps_ph(single, _MM_FROUND_TO_NEAREST_INT));
    }
  }
#endif
  for (; i < size; ++i) to[i] = from_opmath<Stored>(from[i]);
}

}  // namespace act::cpu
