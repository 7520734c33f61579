// rrelu in training: the slope of the element at place i of the tensor (counted in row-major order, whatever
// the layout) is a function of (seed, offset, i), so that the backward draws it again.
#pragma once

#include <act/elementary/philox.h>
#include <act/formulas/rrelu.h>

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Slopes of `size` elements, `stride` places apart, from place `first` on.
template <class T>
void draw_slopes(T* slopes, std::int64_t first, std::int64_t stride, std::int64_t size,
                 const formulas::Rrelu<T>& formula, const RandomSlopes& random) {
  const auto draw_one = [&](std::int64_t i) {
    const auto place = static_cast<std::uint64_t>(first + i * stride);
    const auto words = elementary::philox_of_group(place / 4, random.seed, random.offset);
    // Selected, not indexed: an indexed word would go through memory.
    const std::uint32_t low = place & 1 ? words.word[1] : words.word[0];
    const std::uint32_t high = place & 1 ? words.word[3] : words.word[2];
    slopes[i] = formula.slope(place & 2 ? high : low);
  };
  std::int64_t i = 0;
  if (stride == 1) {
    for (; i < size && (first + i) % 4 != 0; ++i) draw_one(i);
    const std::int64_t groups = (size - i) / 4;
    const auto first_group = static_cast<std::uint64_t>((first + i) / 4);
    T* of_groups = slopes + i;
#pragma GCC ivdep
    for (std::int64_t g = 0; g < groups; ++g) {
      const auto words = elementary::philox_of_group(first_group + static_cast<std::uint64_t>(g),
                                                     random.seed, random.offset);
      of_groups[4 * g] = formula.slope(words.word[0]);
      of_groups[4 * g + 1] = formula.slope(words.word[1]);
      of_groups[4 * g + 2] = formula.slope(words.word[2]);
      of_groups[4 * g + 3] = formula.slope(words.word[3]);
    }
    i += 4 * groups;
  }
#pragma GCC ivdep
  for (std::int64_t j = i; j < size; ++j) draw_one(j);
}

// The last operand's addresses are places; the operands between it and the result are values.
template <class Stored, int values, class Compute>
void walk_with_slopes(const Operands& o, const RandomSlopes& random, Compute compute) {
  using T = opmath_t<Stored>;
  constexpr int operands = values + 2;
  constexpr std::int64_t element = sizeof(Stored);
  Blocks<T, values + 1> blocks;
  alignas(64) T slopes[block_elements<T>];
  const formulas::Rrelu<T> formula(ParameterValues{random.lower, random.upper});

  const Tile whole = choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      for (int k = 1; k <= values; ++k) {
        gather<Stored>(blocks[k], view(o, operands, k, column, row), tile);
      }
      const auto places = view(o, operands, operands - 1, column, row);
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        draw_slopes(slopes + r * tile.columns,
                    (places.data + r * places.row_stride - random.origin) / element,
                    places.column_stride / element, tile.columns, formula, random);
      }
      compute(blocks, slopes, tile.columns * tile.rows);
      scatter<Stored>(result_view(o, operands, column, row), blocks[0], tile, o.stream);
    }
  }
  if (o.stream) finish_streaming();
}

inline void rrelu(Storage storage, const Operands& o, const RandomSlopes& random) {
  dispatch_storage(storage, [&]<class Stored>() {
    walk_with_slopes<Stored, 1>(o, random, [](auto& blocks, const auto* slopes, std::int64_t size) {
      using T = opmath_t<Stored>;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        blocks[0][i] = formulas::Rrelu<T>::value(blocks[1][i], slopes[i]);
      }
    });
  });
}

inline void rrelu_backward(Storage storage, const Operands& o, const RandomSlopes& random) {
  dispatch_storage(storage, [&]<class Stored>() {
    walk_with_slopes<Stored, 2>(o, random, [](auto& blocks, const auto* slopes, std::int64_t size) {
      using T = opmath_t<Stored>;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        blocks[0][i] = blocks[1][i] * formulas::Rrelu<T>::derivative(blocks[2][i], slopes[i]);
      }
    });
  });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
