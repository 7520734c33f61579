// One random number for each element: that of the element at place i of the tensor (counted in
// row-major order, whatever the layout) is a function of (seed, offset, i), made by number(bits)
// from 32 random bits.
#pragma once

#include <act/elementary/philox.h>

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Those of `size` elements, `stride` places apart, from place `first` on.
template <class T, class Number>
void draw_numbers(T* numbers, std::int64_t first, std::int64_t stride, std::int64_t size,
                  const Number& number, const elementary::PhiloxState& state) {
  const auto draw_one = [&](std::int64_t i) {
    const auto place = static_cast<std::uint64_t>(first + i * stride);
    const auto words = elementary::philox_of_group(place / 4, state.seed, state.offset);
    // Selected, not indexed: an indexed word would go through memory.
    const std::uint32_t low = place & 1 ? words.word[1] : words.word[0];
    const std::uint32_t high = place & 1 ? words.word[3] : words.word[2];
    numbers[i] = number(place & 2 ? high : low);
  };
  std::int64_t i = 0;
  if (stride == 1) {
    for (; i < size && (first + i) % 4 != 0; ++i) draw_one(i);
    const std::int64_t groups = (size - i) / 4;
    const auto first_group = static_cast<std::uint64_t>((first + i) / 4);
    T* of_groups = numbers + i;
#pragma GCC ivdep
    for (std::int64_t g = 0; g < groups; ++g) {
      const auto words = elementary::philox_of_group(first_group + static_cast<std::uint64_t>(g),
                                                     state.seed, state.offset);
      of_groups[4 * g] = number(words.word[0]);
      of_groups[4 * g + 1] = number(words.word[1]);
      of_groups[4 * g + 2] = number(words.word[2]);
      of_groups[4 * g + 3] = number(words.word[3]);
    }
    i += 4 * groups;
  }
#pragma GCC ivdep
  for (std::int64_t j = i; j < size; ++j) draw_one(j);
}

// The same from place `first` of the tensor on, through the samples that come.
template <class T, class Number>
void draw_numbers_of_samples(T* numbers, std::int64_t first, std::int64_t stride, std::int64_t size,
                             const Number& number, const RandomStates& random) {
  const std::int64_t each = random.elements_per_state;
  while (size > 0) {
    const std::int64_t sample = first / each, place = first % each;
    std::int64_t count = stride > 0 ? (each - place + stride - 1) / stride : size;
    count = count < size ? count : size;
    draw_numbers(numbers, place, stride, count, number, random.states[sample]);
    numbers += count;
    first += count * stride;
    size -= count;
  }
}

// Draws a tile's numbers. The addresses of the operand that counts the elements, less an origin,
// are their places.
template <class Stored, class Number>
auto tile_of_numbers(const RandomStates& random, Number number) {
  return [=](opmath_t<Stored>* numbers, TileView<const char> places, Tile tile) {
    constexpr std::int64_t element = sizeof(Stored);
    const auto place = [=](std::int64_t c, std::int64_t r) {
      return (places.data + c * places.column_stride + r * places.row_stride - random.origin) /
             element;
    };
    constexpr std::int64_t worthwhile = 32;  // rows: of fewer, the groups of four fill no vectors
    if (places.row_stride == element && places.column_stride != element &&
        tile.rows >= worthwhile) {
      // Transposed: along the rows, where four neighbours have their numbers from the same words.
      alignas(64) opmath_t<Stored> column[block_elements<opmath_t<Stored>>];
      for (std::int64_t c = 0; c < tile.columns; ++c) {
        draw_numbers_of_samples(column, place(c, 0), 1, tile.rows, number, random);
        for (std::int64_t r = 0; r < tile.rows; ++r) numbers[r * tile.columns + c] = column[r];
      }
      return;
    }
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      draw_numbers_of_samples(numbers + r * tile.columns, place(0, r),
                              places.column_stride / element, tile.columns, number, random);
    }
  };
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
