// As many elements of a half type as are converted at once, in registers, for
// loops that go from storage to storage. Those of bfloat16 come in the order
// even, odd: each is the upper half of the word that it lies in, or becomes
// that by a shift, where their own order would take shuffles.
#pragma once

#include "undecided.h"

namespace act::cpu {

#if ACT_VECTOR_BYTES >= 64
using IntegerVector = __m512i;

ACT_HOST_DEVICE IntegerVector load_vector(const void* from) { return _mm512_loadu_si512(from); }
ACT_HOST_DEVICE void store_vector(void* to, IntegerVector x) { _mm512_storeu_si512(to, x); }
ACT_HOST_DEVICE IntegerVector all_lanes(std::uint32_t x) {
  return _mm512_set1_epi32(static_cast<int>(x));
}
ACT_HOST_DEVICE IntegerVector sum(IntegerVector a, IntegerVector b) {
  return _mm512_add_epi32(a, b);
}
ACT_HOST_DEVICE bool has_any(IntegerVector x, IntegerVector bits) {
  return _mm512_test_epi32_mask(x, bits) != 0;
}
template <int bits>
ACT_HOST_DEVICE IntegerVector up(IntegerVector x) {
  return _mm512_maskz_slli_epi32(every_lane, x, bits);
}
template <int bits>
ACT_HOST_DEVICE IntegerVector down(IntegerVector x) {
  return _mm512_maskz_srli_epi32(every_lane, x, bits);
}
#elif ACT_VECTOR_BYTES >= 32
using IntegerVector = __m256i;

ACT_HOST_DEVICE IntegerVector load_vector(const void* from) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(from));
}
ACT_HOST_DEVICE void store_vector(void* to, IntegerVector x) {
  _mm256_storeu_si256(static_cast<__m256i*>(to), x);
}
ACT_HOST_DEVICE IntegerVector all_lanes(std::uint32_t x) {
  return _mm256_set1_epi32(static_cast<int>(x));
}
ACT_HOST_DEVICE IntegerVector sum(IntegerVector a, IntegerVector b) {
  return _mm256_add_epi32(a, b);
}
ACT_HOST_DEVICE bool has_any(IntegerVector x, IntegerVector bits) {
  return _mm256_testz_si256(x, bits) == 0;
}
template <int bits>
ACT_HOST_DEVICE IntegerVector up(IntegerVector x) {
  return _mm256_slli_epi32(x, bits);
}
template <int bits>
ACT_HOST_DEVICE IntegerVector down(IntegerVector x) {
  return _mm256_srli_epi32(x, bits);
}
#endif

template <class Stored>
struct HalfLanes {
  static constexpr std::int64_t count = 16;
  static constexpr bool can_cut = false;
  using Mark = std::uint16_t;

  ACT_HOST_DEVICE static void widen(float* to, const Stored* from) { cpu::widen(to, from, count); }
  ACT_HOST_DEVICE static void narrow(Stored* to, const float* from) {
    cpu::narrow(to, from, count);
  }
  ACT_HOST_DEVICE static Mark narrow_and_mark(Stored* to, const float* from,
                                              std::uint32_t distance) {
    std::uint32_t mark = 0;
    for (int k = 0; k < count; k += narrowed_at_once) {
      mark |= std::uint32_t{narrow_lanes(to + k, from + k, distance)} << k;
    }
    return static_cast<Mark>(mark);
  }

  // Of the marks' bit in a block.
  ACT_HOST_DEVICE static std::int64_t place(std::int64_t bit) { return bit; }
};

#if ACT_VECTOR_BYTES >= 32
// A NaN comes from one that was stored, or is the processor's own: its lower
// half is 0, so that rounding leaves it alone.
template <>
struct HalfLanes<BFloat16Bits> {
  static constexpr std::int64_t count = ACT_VECTOR_BYTES / 2, half = count / 2;
  static constexpr bool can_cut = true;
  using Mark = std::conditional_t<count == 32, std::uint32_t, std::uint16_t>;

  ACT_HOST_DEVICE static void widen(float* to, const BFloat16Bits* from) {
    const IntegerVector both = load_vector(from);
    store_vector(to, up<16>(both));
    store_vector(to + half, both & upper());
  }

  ACT_HOST_DEVICE static void narrow(BFloat16Bits* to, const float* from) {
    store_halves(to, rounded(load_vector(from)), rounded(load_vector(from + half)));
  }

  ACT_HOST_DEVICE static IntegerVector nothing() { return all_lanes(0); }

  // Without rounding. `lower` collects the halves that are cut off.
  ACT_HOST_DEVICE static void cut(BFloat16Bits* to, const float* from, IntegerVector& lower) {
    const IntegerVector even = load_vector(from), odd = load_vector(from + half);
    store_halves(to, even, odd);
    lower |= even | odd;
  }
  ACT_HOST_DEVICE static bool was_exact(IntegerVector lower) {
    return !has_any(lower, all_lanes(0xffff));
  }

  ACT_HOST_DEVICE static Mark narrow_and_mark(BFloat16Bits* to, const float* from,
                                              std::uint32_t distance) {
    const IntegerVector shift = all_lanes(0x8000u + distance);
    const IntegerVector even = sum(load_vector(from), shift);
    const IntegerVector odd = sum(load_vector(from + half), shift);
    store_halves(to, even, odd);
    const std::uint32_t most = 2 * distance << 16;
    return static_cast<Mark>(Mark{up_to(most, up<16>(even))} | Mark{up_to(most, up<16>(odd))}
                                                                   << half);
  }

  ACT_HOST_DEVICE static std::int64_t place(std::int64_t bit) {
    const std::int64_t lane = bit % count;
    return bit - lane + (lane < half ? 2 * lane : 2 * (lane - half) + 1);
  }

 private:
  ACT_HOST_DEVICE static IntegerVector upper() { return all_lanes(0xffff0000u); }

  ACT_HOST_DEVICE static IntegerVector rounded(IntegerVector x) {
    return sum(x, sum(down<16>(x) & all_lanes(1), all_lanes(0x7fff)));
  }

  ACT_HOST_DEVICE static void store_halves(BFloat16Bits* to, IntegerVector even,
                                           IntegerVector odd) {
    store_vector(to, down<16>(even) | (odd & upper()));
  }
};
#endif

}  // namespace act::cpu
