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

// By whole vectors where the instruction set has them; the scalar forms are for the rest. Compilers
// make vectors of those only where nothing else stands in the loop.
#if ACT_VECTOR_BYTES >= 64
inline constexpr std::int64_t converted_at_once = 16;

ACT_HOST_DEVICE __m512 widened(const HalfBits*, __m256i x) {
  return _mm512_maskz_cvtph_ps(every_lane, x);
}
ACT_HOST_DEVICE __m512 widened(const BFloat16Bits*, __m256i x) {
  return _mm512_castsi512_ps(
      _mm512_maskz_slli_epi32(every_lane, _mm512_maskz_cvtepu16_epi32(every_lane, x), 16));
}

ACT_HOST_DEVICE __m256i narrowed(const HalfBits*, __m512 x) {
  return _mm512_maskz_cvtps_ph(every_lane, x, _MM_FROUND_TO_NEAREST_INT);
}
// NaN gets the bit that makes it quiet, everything else is rounded.
ACT_HOST_DEVICE __m256i narrowed(const BFloat16Bits*, __m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __mmask16 number = _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q);
  const __m512i last = _mm512_maskz_and_epi32(
      every_lane, _mm512_maskz_srli_epi32(every_lane, bits, 16), _mm512_set1_epi32(1));
  const __m512i half = _mm512_add_epi32(last, _mm512_set1_epi32(0x7fff));
  const __m512i quiet = _mm512_maskz_or_epi32(every_lane, bits, _mm512_set1_epi32(0x400000));
  const __m512i rounded = _mm512_mask_add_epi32(quiet, number, bits, half);
  return _mm512_maskz_cvtepi32_epi16(every_lane, _mm512_maskz_srli_epi32(every_lane, rounded, 16));
}

template <class Stored>
ACT_HOST_DEVICE void widen_vector(float* to, const Stored* from) {
  const __m256i stored = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  _mm512_storeu_ps(to, widened(from, stored));
}

template <class Stored>
ACT_HOST_DEVICE void narrow_vector(Stored* to, const float* from) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrowed(to, _mm512_loadu_ps(from)));
}
#elif ACT_VECTOR_BYTES >= 32
inline constexpr std::int64_t converted_at_once = 8;

ACT_HOST_DEVICE __m256 widened(const HalfBits*, __m128i x) { return _mm256_cvtph_ps(x); }
ACT_HOST_DEVICE __m256 widened(const BFloat16Bits*, __m128i x) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}

ACT_HOST_DEVICE __m128i narrowed(const HalfBits*, __m256 x) {
  return _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT);
}
// NaN gets the bit that makes it quiet, everything else is rounded.
ACT_HOST_DEVICE __m128i narrowed(const BFloat16Bits*, __m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
  const __m256i last = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(last, _mm256_set1_epi32(0x7fff)));
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i chosen =
      _mm256_srli_epi32(_mm256_castps_si256(_mm256_blendv_ps(_mm256_castsi256_ps(rounded),
                                                             _mm256_castsi256_ps(quiet), nan)),
                        16);
  return _mm_packus_epi32(_mm256_castsi256_si128(chosen), _mm256_extracti128_si256(chosen, 1));
}

template <class Stored>
ACT_HOST_DEVICE void widen_vector(float* to, const Stored* from) {
  const __m128i stored = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  _mm256_storeu_ps(to, widened(from, stored));
}

template <class Stored>
ACT_HOST_DEVICE void narrow_vector(Stored* to, const float* from) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), narrowed(to, _mm256_loadu_ps(from)));
}
#endif

template <class Stored>
ACT_HOST_DEVICE void widen(opmath_t<Stored>* to, const Stored* from, std::int64_t size) {
  std::int64_t whole = 0;
#if ACT_VECTOR_BYTES >= 32
  if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
    whole = size / converted_at_once * converted_at_once;
    for (std::int64_t i = 0; i < whole; i += converted_at_once) widen_vector(to + i, from + i);
  }
#endif
  for (std::int64_t i = whole; i < size; ++i) to[i] = to_opmath(from[i]);
}

template <class Stored>
ACT_HOST_DEVICE void narrow(Stored* to, const opmath_t<Stored>* from, std::int64_t size) {
  std::int64_t whole = 0;
#if ACT_VECTOR_BYTES >= 32
  if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
    whole = size / converted_at_once * converted_at_once;
    for (std::int64_t i = 0; i < whole; i += converted_at_once) narrow_vector(to + i, from + i);
  }
#endif
  for (std::int64_t i = whole; i < size; ++i) to[i] = from_opmath<Stored>(from[i]);
}

}  // namespace act::cpu
