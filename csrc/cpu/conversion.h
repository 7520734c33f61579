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

}  // namespace act::cpu
