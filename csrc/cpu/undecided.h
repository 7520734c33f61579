// Narrows results of float32 to a half type and notes where they lie so near the middle of two
// numbers of it that float32 does not decide which is the nearest (storage.h, is_near_middle).
#pragma once

#include <cstdint>

#include "conversion.h"

namespace act::cpu {

// A bit for each element of a block. Whole vectors are marked at once, and whole words looked at:
// an element in some hundred is undecided, so that a branch for each vector would be mispredicted
// each time, and the loads behind it start anew.
template <std::int64_t capacity>
class Undecided {
 public:
  // `mark` has a bit for each of the elements from `first` on, which is a multiple of their number.
  template <class Bits>
  ACT_HOST_DEVICE void mark(std::int64_t first, Bits bits) {
    __builtin_memcpy(reinterpret_cast<char*>(marks_) + first / 8, &bits, sizeof(bits));
  }

  // visit(place) for each that is marked among the first `size`.
  template <class Visit>
  ACT_HOST_DEVICE void for_each(std::int64_t size, Visit visit) {
    for (std::int64_t first = 0; first < size; first += 64) {
      std::uint64_t word = marks_[first / 64];
      if (size - first < 64) word &= (std::uint64_t{1} << (size - first)) - 1;
      for (; word != 0; word &= word - 1) visit(first + __builtin_ctzll(word));
    }
  }

 private:
  std::uint64_t marks_[capacity / 64];
};

#if ACT_VECTOR_BYTES >= 64
ACT_HOST_DEVICE __mmask16 up_to(std::uint32_t most, __m512i x) {
  return _mm512_cmple_epu32_mask(x, _mm512_set1_epi32(static_cast<int>(most)));
}

// A mask of the undecided lanes. In bfloat16 the middles are moved, and all numbers between them
// are rounded by being cut.
ACT_HOST_DEVICE __mmask16 narrow_and_mark(BFloat16Bits* to, __m512 x, std::uint32_t distance) {
  constexpr int cut = Middle<BFloat16Bits>::cut;
  const __m512i bits = _mm512_castps_si512(x);
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  const __m512i shift = _mm512_set1_epi32(static_cast<int>(0x8000u + distance));
  const __m512i moved =
      _mm512_mask_or_epi32(_mm512_add_epi32(bits, shift), nan, bits, _mm512_set1_epi32(0x400000));
  const __m512i high = _mm512_maskz_srli_epi32(every_lane, moved, cut);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to),
                      _mm512_maskz_cvtepi32_epi16(every_lane, high));
  const std::uint32_t most = 2 * distance << (32 - cut);
  return static_cast<__mmask16>(up_to(most, _mm512_maskz_slli_epi32(every_lane, moved, 32 - cut)) &
                                ~nan);
}

ACT_HOST_DEVICE __mmask16 narrow_and_mark(HalfBits* to, __m512 x, std::uint32_t distance) {
  constexpr int cut = Middle<HalfBits>::cut;
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrowed(to, x));
  const __m512 magnitude = _mm512_abs_ps(x), normal = _mm512_set1_ps(0x1p-14f);
  const __mmask16 subnormal = _mm512_cmp_ps_mask(magnitude, normal, _CMP_LT_OQ);
  const __m512i bits =
      _mm512_castps_si512(_mm512_mask_add_ps(magnitude, subnormal, magnitude, normal));
  const __m512i moved =
      _mm512_add_epi32(bits, _mm512_set1_epi32(static_cast<int>(0x1000u + distance)));
  const std::uint32_t most = 2 * distance << (32 - cut);
  return up_to(most, _mm512_maskz_slli_epi32(every_lane, moved, 32 - cut));
}

template <class Stored>
ACT_HOST_DEVICE std::uint16_t narrow_lanes(Stored* to, const float* from, std::uint32_t distance) {
  return narrow_and_mark(to, _mm512_loadu_ps(from), distance);
}
inline constexpr std::int64_t narrowed_at_once = 16;
#elif ACT_VECTOR_BYTES >= 32
ACT_HOST_DEVICE std::uint8_t up_to(std::uint32_t most, __m256i x) {
  const __m256i smaller = _mm256_min_epu32(x, _mm256_set1_epi32(static_cast<int>(most)));
  return static_cast<std::uint8_t>(
      _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(smaller, x))));
}

ACT_HOST_DEVICE __m256i moved_middles(const BFloat16Bits*, __m256 x, std::uint32_t distance) {
  return _mm256_add_epi32(_mm256_castps_si256(x),
                          _mm256_set1_epi32(static_cast<int>(0x8000u + distance)));
}

ACT_HOST_DEVICE __m256i moved_middles(const HalfBits*, __m256 x, std::uint32_t distance) {
  const __m256 magnitude = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
  const __m256 normal = _mm256_set1_ps(0x1p-14f);
  const __m256 added = _mm256_and_ps(_mm256_cmp_ps(magnitude, normal, _CMP_LT_OQ), normal);
  return _mm256_add_epi32(_mm256_castps_si256(_mm256_add_ps(magnitude, added)),
                          _mm256_set1_epi32(static_cast<int>(0x1000u + distance)));
}

template <class Stored>
ACT_HOST_DEVICE std::uint8_t narrow_lanes(Stored* to, const float* from, std::uint32_t distance) {
  narrow_vector(to, from);
  constexpr int kept = 32 - Middle<Stored>::cut;
  const __m256i moved = moved_middles(to, _mm256_loadu_ps(from), distance);
  return up_to(2 * distance << kept, _mm256_slli_epi32(moved, kept));
}
inline constexpr std::int64_t narrowed_at_once = 8;
#else
inline constexpr std::int64_t narrowed_at_once = 16;

template <class Stored>
ACT_HOST_DEVICE std::uint16_t narrow_lanes(Stored* to, const float* from, std::uint32_t distance) {
  std::uint32_t mark = 0;
  for (int i = 0; i < narrowed_at_once; ++i) {
    to[i] = from_opmath<Stored>(from[i]);
    mark |= is_near_middle<Stored>(from[i], distance) ? 1u << i : 0u;
  }
  return static_cast<std::uint16_t>(mark);
}
#endif

// A block's elements from its start on.
template <class Stored, std::int64_t capacity>
ACT_HOST_DEVICE void narrow_marking(Stored* to, const float* from, std::int64_t size,
                                    std::uint32_t distance, Undecided<capacity>& undecided) {
  std::int64_t i = 0;
  for (; i + narrowed_at_once <= size; i += narrowed_at_once) {
    undecided.mark(i, narrow_lanes(to + i, from + i, distance));
  }
  std::uint16_t last = 0;
  for (std::int64_t k = i; k < size; ++k) {
    to[k] = from_opmath<Stored>(from[k]);
    if (is_near_middle<Stored>(from[k], distance))
      last |= static_cast<std::uint16_t>(1u << (k - i));
  }
  if (i < size) undecided.mark(i, last);
}

}  // namespace act::cpu
