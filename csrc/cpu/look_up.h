// A half type has 65,536 numbers. What a formula gives at each fits the caches
// beside the data, and of numbers as networks have them so few differ in sign
// and leading bits that the first level holds what is looked up: one load in
// place of an exponential and a division.
#pragma once

#include "dense_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// calculate(x, place) for all of them, block by block.
template <class Stored, class Calculate>
void for_each_half_number(Calculate calculate) {
  Stored x[block_elements<float>];
  for (std::int64_t begin = 0; begin < half_numbers; begin += block_elements<float>) {
    for (std::int64_t i = 0; i < block_elements<float>; ++i) {
      x[i].bits = static_cast<std::uint16_t>(begin + i);
    }
    calculate(x, begin);
  }
}

#if defined(__SSE2__)
// Results are put together in a register: stored one by one, they take a third
// more time. So are the places looked up, four in one load.
template <class Stored>
ACT_HOST_DEVICE std::uint64_t four_places(const Stored* from) {
  std::uint64_t four;
  __builtin_memcpy(&four, from, sizeof(four));
  return four;
}

template <class Stored>
ACT_HOST_DEVICE __m128i look_up_vector(const Stored* x, const Stored* table) {
  const std::uint64_t low = four_places(x), high = four_places(x + 4);
  const auto at = [=](std::uint64_t place)
                      ACT_INLINE_LAMBDA { return int{table[place & 0xffff].bits}; };
  __m128i y = _mm_cvtsi32_si128(at(low));
  y = _mm_insert_epi16(y, at(low >> 16), 1);
  y = _mm_insert_epi16(y, at(low >> 32), 2);
  y = _mm_insert_epi16(y, at(low >> 48), 3);
  y = _mm_insert_epi16(y, at(high), 4);
  y = _mm_insert_epi16(y, at(high >> 16), 5);
  y = _mm_insert_epi16(y, at(high >> 32), 6);
  return _mm_insert_epi16(y, at(high >> 48), 7);
}

template <class Stored>
ACT_HOST_DEVICE __m128i look_up_vector(const Stored* x, const float* table) {
  const std::uint64_t four = four_places(x);
  const auto at = [=](std::uint64_t place)
                      ACT_INLINE_LAMBDA { return _mm_load_ss(table + (place & 0xffff)); };
  const __m128 low = _mm_unpacklo_ps(at(four), at(four >> 16));
  const __m128 high = _mm_unpacklo_ps(at(four >> 32), at(four >> 48));
  return _mm_castps_si128(_mm_movelh_ps(low, high));
}
#endif

template <class Stored, class Number>
ACT_HOST_DEVICE void look_up(Number* out, const Stored* x, std::int64_t size, const Number* table) {
  std::int64_t whole = 0;
#if defined(__SSE2__)
  constexpr std::int64_t in_vector = sizeof(__m128i) / sizeof(Number);
  whole = size / in_vector * in_vector;
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < whole; i += in_vector) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), look_up_vector(x + i, table));
  }
#endif
#pragma GCC unroll 1
  for (std::int64_t i = whole; i < size; ++i) out[i] = table[x[i].bits];
}

// A block of them at a time where they are written past the caches.
inline constexpr std::int64_t looked_up_at_once = 512;

template <class Stored>
void value_from_table(Stored* out, const Stored* x, std::int64_t size, const Stored* table,
                      bool stream) {
  if (!stream) return look_up(out, x, size, table);
  alignas(line_bytes) Stored values[looked_up_at_once];
  for (std::int64_t i = 0; i < size; i += looked_up_at_once) {
    const std::int64_t count = size - i < looked_up_at_once ? size - i : looked_up_at_once;
    look_up(values, x + i, count, table);
    stream_bytes(reinterpret_cast<char*>(out + i), reinterpret_cast<const char*>(values),
                 count * static_cast<std::int64_t>(sizeof(Stored)));
  }
}

// (out, x) of any strides.
template <class Stored>
void values_from_table(const Operands& o, const Stored* table) {
  if (are_rows_dense<Stored, 2>(o)) {
    return for_each_dense_row<Stored, 1>(
        o, [&](Stored* out, const Stored* const* in, std::int64_t size) {
          value_from_table(out, in[0], size, table, o.stream);
        });
  }
  for (std::int64_t row = 0; row < o.rows; ++row) {
    char* const out = o.data[0] + row * o.strides[2];
    const char* const x = o.data[1] + row * o.strides[3];
    for (std::int64_t c = 0; c < o.columns; ++c) {
      *reinterpret_cast<Stored*>(out + c * o.strides[0]) =
          table[reinterpret_cast<const Stored*>(x + c * o.strides[1])->bits];
    }
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
