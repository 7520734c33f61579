// Walks two dimensions as `walk` of blocks.h does, for a loop with two results and three inputs.
#pragma once

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Whether the two results are the even and the odd elements of the same rows.
template <class Stored>
bool are_interleaved(const Operands& o, int operands) {
  constexpr std::int64_t element = sizeof(Stored);
  return o.strides[0] == 2 * element && o.strides[1] == 2 * element &&
         o.strides[operands] == o.strides[operands + 1] && o.data[1] == o.data[0] + element;
}

// Both at once: one by one, no vector could be stored.
template <class Stored>
void scatter_pairs(TileView<char> to, const opmath_t<Stored>* even, const opmath_t<Stored>* odd,
                   Tile tile) {
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    auto* row = reinterpret_cast<Stored*>(to.data + r * to.row_stride);
#pragma GCC ivdep
    for (std::int64_t c = 0; c < tile.columns; ++c) {
      row[2 * c] = from_opmath<Stored>(even[r * tile.columns + c]);
      row[2 * c + 1] = from_opmath<Stored>(odd[r * tile.columns + c]);
    }
  }
}

// loop(result, result, inputs, size, parameters), the inputs as many as a DenseLoop's.
template <class Stored, class Loop>
void walk_two_results(const Operands& o, Loop loop, const ParameterValues& parameters) {
  using T = opmath_t<Stored>;
  constexpr int operands = 5;
  const auto usable = [&](int k) { return is_dense<Stored>(o, k); };
  const bool interleaved = are_interleaved<Stored>(o, operands);
  Blocks<T, operands> blocks;
  const Tile whole = choose_tile_or_row<Stored, operands>(o, usable);
  // Rows of a tensor's halves alternate, which the processor does not follow: all that is read is
  // asked for ahead, and what is written, whose lines are read before (half the time for glu).
  const bool prefetch = is_from_memory<Stored>(o) && whole.columns <= block_elements<T>;
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      T* at[operands];
      for (int k = 0; k < operands; ++k) {
        const auto place = result_view(o, operands, k, column, row);
        const bool here = tile.rows == 1 && usable(k);
        at[k] = here ? reinterpret_cast<T*>(place.data) : blocks[k];
        const auto from = view(o, operands, k, column, row);
        if (prefetch) prefetch_tile(from, tile);
        if (here || k < 2) continue;
        gather<Stored>(blocks[k], from, tile);
      }
      const T* const inputs[] = {at[2], at[3], at[4]};
      loop(at[0], at[1], inputs, tile.columns * tile.rows, parameters);
      if (interleaved) {
        scatter_pairs<Stored>(result_view(o, operands, 0, column, row), blocks[0], blocks[1], tile);
        continue;
      }
      for (int k = 0; k < 2; ++k) {
        if (at[k] != blocks[k]) continue;
        scatter<Stored>(result_view(o, operands, k, column, row), blocks[k], tile, false);
      }
    }
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
