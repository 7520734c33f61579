// Dense conversions between a stored half type and float32, by whole blocks.
#pragma once

#include <act/storage.h>

// F16C comes with AVX2. The compiler's own macros do not follow `#pragma GCC target`.
#if ACT_VECTOR_BYTES >= 32
#include <immintrin.h>
#endif

#include <type_traits>

namespace act::cpu {

#if ACT_VECTOR_BYTES >= 64
// The forms without a mask begin from an undefined vector, which g++ 12 warns of.
inline constexpr __mmask16 every_lane = 0xffff;
#endif

// They are loops over the scalar forms, which compilers vectorise, but for float16 where the
// hardware converts eight or sixteen at a time.
template <class Stored>
ACT_HOST_DEVICE void widen(opmath_t<Stored>* to, const Stored* from, std::int64_t size) {
  std::int64_t i = 0;
#if ACT_VECTOR_BYTES >= 64
  if constexpr (std::is_same_v<Stored, HalfBits>) {
    for (; i + 16 <= size; i += 16) {
      const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + i));
      _mm512_storeu_ps(to + i, _mm512_maskz_cvtph_ps(every_lane, half));
    }
  }
#endif
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
#if ACT_VECTOR_BYTES >= 64
  if constexpr (std::is_same_v<Stored, HalfBits>) {
    for (; i + 16 <= size; i += 16) {
      const __m512 single = _mm512_loadu_ps(from + i);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i),
                          _mm512_maskz_cvtps_ph(every_lane, single, _MM_FROUND_TO_NEAREST_INT));
    }
  }
#endif
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

// Elements that `narrow_decided` takes at once: so many that the test at the end costs little.
inline constexpr std::int64_t narrowed_at_once = 128;

// As `narrow`. False where an element is_near_middle or NaN: then nothing that it wrote counts.
#if ACT_VECTOR_BYTES == 64
using Floats = float __attribute__((vector_size(64)));
using Words = std::uint32_t __attribute__((vector_size(64)));
using HalfWords = std::uint16_t __attribute__((vector_size(32)));

// With masks that say all: g++ 12 takes the forms without one for a use of what is uninitialised.
inline constexpr __mmask16 all_lanes = 0xffff;

ACT_HOST_DEVICE Words smaller(Words a, Words b) {
  return Words(_mm512_maskz_min_epu32(all_lanes, __m512i(a), __m512i(b)));
}

// In bfloat16 the middles have been moved, and all numbers between them are rounded by being cut.
ACT_HOST_DEVICE Words narrow_vector(BFloat16Bits* to, Floats x, std::uint32_t distance) {
  const Words moved = Words(x) + (0x8000u + distance);
  const HalfWords cut = __builtin_convertvector(moved >> 16, HalfWords);
  __builtin_memcpy(to, &cut, sizeof(cut));
  return moved << 16;
}

ACT_HOST_DEVICE Words narrow_vector(HalfBits* to, Floats x, std::uint32_t distance) {
  const __m256i half = _mm512_maskz_cvtps_ph(all_lanes, __m512(x), _MM_FROUND_TO_NEAREST_INT);
  __builtin_memcpy(to, &half, sizeof(half));
  const Floats magnitude = Floats(Words(x) & 0x7fffffffu);
  const Floats of_normal = magnitude < 0x1p-14f ? magnitude + 0x1p-14f : magnitude;
  return (Words(of_normal) + (0x1000u + distance)) << 19;
}

ACT_HOST_DEVICE std::uint32_t lanes_up_to(std::uint32_t most, Words lowest) {
  return _mm512_cmple_epu32_mask(__m512i(lowest), __m512i(most - Words{}));
}

template <class Stored>
ACT_HOST_DEVICE bool narrow_decided(Stored* to, const float* from, std::uint32_t distance) {
  Words lowest = Words{} - 1;
  std::uint32_t nan = 0;
  for (std::int64_t i = 0; i < narrowed_at_once; i += 16) {
    Floats x;
    __builtin_memcpy(&x, from + i, sizeof(x));
    lowest = smaller(lowest, narrow_vector(to + i, x, distance));
    if constexpr (std::is_same_v<Stored, BFloat16Bits>) {
      nan |= _mm512_cmp_ps_mask(__m512(x), __m512(x), _CMP_UNORD_Q);
    }
  }
  return (lanes_up_to(2 * distance << (32 - Middle<Stored>::cut), lowest) | nan) == 0;
}

// Bit i: element i of 16 is_near_middle.
template <class Stored>
ACT_HOST_DEVICE std::uint32_t near_middle(const float* from, std::uint32_t distance) {
  Floats x;
  Stored unused[16];
  __builtin_memcpy(&x, from, sizeof(x));
  return lanes_up_to(2 * distance << (32 - Middle<Stored>::cut),
                     narrow_vector(unused, x, distance));
}
#else
template <class Stored>
ACT_HOST_DEVICE bool narrow_decided(Stored* to, const float* from, std::uint32_t distance) {
  narrow(to, from, narrowed_at_once);
  std::uint32_t near = 0;
  for (std::int64_t i = 0; i < narrowed_at_once; ++i) {
    near |= is_near_middle<Stored>(from[i], distance) ? 1u : 0u;
  }
  return near == 0;
}

template <class Stored>
ACT_HOST_DEVICE std::uint32_t near_middle(const float* from, std::uint32_t distance) {
  std::uint32_t bits = 0;
  for (int i = 0; i < 16; ++i) {
    bits |= is_near_middle<Stored>(from[i], distance) ? 1u << i : 0u;
  }
  return bits;
}
#endif

}  // namespace act::cpu
