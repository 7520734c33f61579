// Rows of which every other element counts, as of interleaved pairs: read without the elements
// between, and written around them. Those may be another thread's, so that they are not even
// written back as they were.
#pragma once

#include <cstdint>

#include "conversion.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// A stride that the compiler knows makes vectors, of half types where there are no better ones. The
// last element's neighbour may be outside of the tensor and is never read.
template <class Stored>
void widen_every_other(opmath_t<Stored>* to, const Stored* from, std::int64_t size) {
  std::int64_t i = 0;
#if ACT_VECTOR_BYTES == 64
  if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
    constexpr __mmask32 all_but_the_last = 0x7fffffff;
    for (; i + 16 <= size; i += 16) {
      const __m512i pairs = _mm512_maskz_loadu_epi16(all_but_the_last, from + 2 * i);
      if constexpr (std::is_same_v<Stored, BFloat16Bits>) {
        _mm512_storeu_si512(to + i, _mm512_maskz_slli_epi32(every_lane, pairs, 16));
      } else {
        const __m256i even = _mm512_maskz_cvtepi32_epi16(every_lane, pairs);
        _mm512_storeu_ps(to + i, widened(from, even));
      }
    }
  }
#elif ACT_VECTOR_BYTES == 32
  if constexpr (std::is_same_v<Stored, HalfBits>) {
    // The second four as upper halves of pairs that begin one element early.
    for (; i + 8 <= size; i += 8) {
      const Stored* first = from + 2 * i;
      const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
      const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first + 7));
      const __m128i even =
          _mm_packus_epi32(_mm_and_si128(low, _mm_set1_epi32(0xffff)), _mm_srli_epi32(high, 16));
      _mm256_storeu_ps(to + i, widened(from, even));
    }
  }
#endif
  for (; i < size; ++i) to[i] = to_opmath(from[2 * i]);
}

#if ACT_VECTOR_BYTES == 64
// Half a vector, each element at the even place of a pair, through a mask that leaves out the odd
// ones.
template <class Stored>
void store_every_other(Stored* to, const Stored* from) {
  if constexpr (sizeof(Stored) == 8) {
    const __m512i places = _mm512_setr_epi64(0, 0, 1, 0, 2, 0, 3, 0);
    const __m512i dense = _mm512_maskz_loadu_epi64(0x0f, from);
    _mm512_mask_storeu_epi64(to, 0x55, _mm512_maskz_permutexvar_epi64(0x55, places, dense));
  } else {
    const __m256i dense = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
    if constexpr (sizeof(Stored) == 4) {
      _mm512_mask_storeu_epi32(to, 0x5555, _mm512_maskz_cvtepu32_epi64(0xff, dense));
    } else {
      _mm512_mask_storeu_epi16(to, 0x55555555, _mm512_maskz_cvtepu16_epi32(every_lane, dense));
    }
  }
}
#endif

template <class Stored>
void write_every_other(Stored* to, const Stored* from, std::int64_t size) {
  std::int64_t i = 0;
#if ACT_VECTOR_BYTES == 64
  constexpr std::int64_t at_once = 32 / static_cast<std::int64_t>(sizeof(Stored));
  for (; i + at_once <= size; i += at_once) store_every_other(to + 2 * i, from + i);
#endif
  for (; i < size; ++i) to[2 * i] = from[i];
}

// A row of elements as they are stored, to places that do not lie side by side.
template <class Stored>
void write_apart(char* to, std::int64_t stride, const Stored* from, std::int64_t size) {
  if (stride == 2 * static_cast<std::int64_t>(sizeof(Stored))) {
    return write_every_other(reinterpret_cast<Stored*>(to), from, size);
  }
  for (std::int64_t c = 0; c < size; ++c) {
    *reinterpret_cast<Stored*>(to + c * stride) = from[c];
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
