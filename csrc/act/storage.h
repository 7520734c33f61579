// The dtypes, how the half types lie in memory, and their conversion to and from float32: for the
// host and the device alike.
#pragma once

#include <act/elementary/arithmetic.h>

#include <cstdint>

namespace act {

enum class Storage { float32, float64, bfloat16, float16 };

constexpr bool is_half(Storage storage) {
  return storage == Storage::bfloat16 || storage == Storage::float16;
}

struct BFloat16Bits {
  std::uint16_t bits;
};

struct HalfBits {
  std::uint16_t bits;
};

// So many numbers each of the two has.
inline constexpr std::int64_t half_numbers = 65536;

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

#if defined(__CUDA_ARCH__)
// The GPU's own conversions: the same bits as the ones below, but for NaN's.
__device__ __forceinline__ float to_opmath(HalfBits x) {
  float result;
  asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(x.bits));
  return result;
}
#else
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
#endif

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

#if defined(__CUDA_ARCH__)
template <>
__device__ __forceinline__ BFloat16Bits from_opmath<BFloat16Bits>(float x) {
  BFloat16Bits result;
  asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
  return result;
}
template <>
__device__ __forceinline__ HalfBits from_opmath<HalfBits>(float x) {
  HalfBits result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(x));
  return result;
}
#else
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
#endif

// Whether the exact result can lie on the other side of the middle of two neighbouring numbers of a
// half type than x does, which is at most `distance` units of float32 off: then rounding x would be
// one rounding too many. `moved` is x with its middles moved to where the lowest bits are 0.
template <class Stored>
struct Middle;

template <>
struct Middle<BFloat16Bits> {
  static constexpr int cut = 16;
  ACT_HOST_DEVICE static std::uint32_t moved(float x) {
    return static_cast<std::uint32_t>(elementary::to_bits(x)) + 0x8000u;
  }
};

// Of subnormal numbers: the sum has their unit, too.
template <>
struct Middle<HalfBits> {
  static constexpr int cut = 13;
  ACT_HOST_DEVICE static std::uint32_t moved(float x) {
    const float magnitude = elementary::abs(x);
    const float unit_of_normal =
        magnitude + elementary::select(magnitude < 0x1p-14f, 0x1p-14f, 0.0f);
    return static_cast<std::uint32_t>(elementary::to_bits(unit_of_normal)) + 0x1000u;
  }
};

template <class Stored>
ACT_HOST_DEVICE bool is_near_middle(float x, std::uint32_t distance) {
  const std::uint32_t lowest = (Middle<Stored>::moved(x) + distance) << (32 - Middle<Stored>::cut);
  return lowest <= 2 * distance << (32 - Middle<Stored>::cut);
}

// The half type's number next to x: x is rounded to float32 so that no middle is hit by it, to the
// neighbour whose last bit is 1 (rounding to odd).
template <class Stored>
ACT_HOST_DEVICE Stored round_once(double x) {
  const float nearest = static_cast<float>(x);
  const std::int32_t bits = elementary::to_bits(nearest);
  const bool beyond = elementary::abs(static_cast<double>(nearest)) > elementary::abs(x);
  const bool exact = !(static_cast<double>(nearest) != x) || (bits & 1) != 0 || x != x;
  return from_opmath<Stored>(exact ? nearest : elementary::from_bits(bits + (beyond ? -1 : 1)));
}

// Calls run.operator()<Stored>() with the C++ type that stands for a stored dtype.
template <class Run>
auto dispatch_storage(Storage storage, Run run) {
  switch (storage) {
    case Storage::float32:
      return run.template operator()<float>();
    case Storage::float64:
      return run.template operator()<double>();
    case Storage::bfloat16:
      return run.template operator()<BFloat16Bits>();
    case Storage::float16:
      break;
  }
  return run.template operator()<HalfBits>();
}

}  // namespace act
