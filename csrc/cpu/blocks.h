// Walks two dimensions of any strides with a kernel that knows only dense rows of float or double.
//
// Rows that are dense already are handed over as they lie. All others go through blocks small
// enough for the L1 cache: gathered and widened, computed, narrowed and scattered. No formula is
// instantiated here, so that each stands in the binary once for float and once for double.
#pragma once

#include <act/declaration.h>

#include <cstdint>

#include "conversion.h"
#include "every_other.h"
#include "kernels.h"
#include "rounding.h"
#include "stream.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// The blocks of all operands. Each lies 64 bytes further within its 4 KiB than the one before: at
// equal offsets a load would wait for the store to the other block, which the processor takes for
// the same address by its low 12 bits (measured: twice the time for the whole op).
template <class T, int operands>
struct Blocks {
  static constexpr std::int64_t padding = 64 / static_cast<std::int64_t>(sizeof(T));
  alignas(64) T storage[operands][block_elements<T> + padding];

  T* operator[](int k) { return storage[k]; }
};

// One block's share of the two dimensions: `columns` of the inner one, `rows` of the outer one.
struct Tile {
  std::int64_t columns;
  std::int64_t rows;
};

// Where an operand's elements of one tile lie.
template <class Byte>
struct TileView {
  Byte* data;
  std::int64_t column_stride;
  std::int64_t row_stride;
};

inline TileView<char> result_view(const Operands& o, int operands, int k, std::int64_t column,
                                  std::int64_t row) {
  return {o.data[k] + column * o.strides[k] + row * o.strides[operands + k], o.strides[k],
          o.strides[operands + k]};
}

inline TileView<const char> view(const Operands& o, int operands, int k, std::int64_t column,
                                 std::int64_t row) {
  const auto [data, column_stride, row_stride] = result_view(o, operands, k, column, row);
  return {data, column_stride, row_stride};
}

// Whether operand k can be used where it lies, row by row.
template <class Stored>
bool is_dense(const Operands& o, int k) {
  return std::is_same_v<Stored, opmath_t<Stored>> &&
         o.strides[k] == static_cast<std::int64_t>(sizeof(Stored));
}

// Whether the operands are likely to come from memory.
template <class Stored>
bool is_from_memory(const Operands& o) {
  return o.columns * o.rows * static_cast<std::int64_t>(sizeof(Stored)) > bytes_in_cache;
}

// Where blocks are gathered and computed in turns the processor reads in bursts, between which the
// memory would rest: what comes some tiles later is asked for ahead. Dense rows it follows by
// itself.
inline void prefetch_tile(TileView<const char> from, Tile tile) {
  if (from.column_stride > 16) return;
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    prefetch_lines(from.data + r * from.row_stride, tile.columns * from.column_stride);
  }
}

// The tile at a place with so many columns and rows left.
inline Tile part_of(Tile whole, std::int64_t columns, std::int64_t rows) {
  return {columns < whole.columns ? columns : whole.columns, rows < whole.rows ? rows : whole.rows};
}

template <class Stored>
void gather(opmath_t<Stored>* block, TileView<const char> from, Tile tile) {
  constexpr std::int64_t dense = sizeof(Stored);
  if (from.column_stride == dense) {
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      widen(block + r * tile.columns,
            reinterpret_cast<const Stored*>(from.data + r * from.row_stride), tile.columns);
    }
  } else if (from.column_stride == 0) {
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      const auto value =
          to_opmath(*reinterpret_cast<const Stored*>(from.data + r * from.row_stride));
      for (std::int64_t c = 0; c < tile.columns; ++c) block[r * tile.columns + c] = value;
    }
  } else if (from.column_stride == 2 * dense) {
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      widen_every_other(block + r * tile.columns,
                        reinterpret_cast<const Stored*>(from.data + r * from.row_stride),
                        tile.columns);
    }
  } else if (from.row_stride == dense) {
    // Transposed: along the rows, so that each cache line is read whole.
    for (std::int64_t c = 0; c < tile.columns; ++c) {
      const auto* column = reinterpret_cast<const Stored*>(from.data + c * from.column_stride);
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        block[r * tile.columns + c] = to_opmath(column[r]);
      }
    }
  } else {
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      const char* row = from.data + r * from.row_stride;
      for (std::int64_t c = 0; c < tile.columns; ++c) {
        block[r * tile.columns + c] =
            to_opmath(*reinterpret_cast<const Stored*>(row + c * from.column_stride));
      }
    }
  }
}

template <class Stored, class Rounding>
void scatter(TileView<char> to, const opmath_t<Stored>* block, Tile tile, bool stream,
             Rounding& rounding) {
  using T = opmath_t<Stored>;
  constexpr std::int64_t dense = sizeof(Stored);
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    char* row = to.data + r * to.row_stride;
    const std::int64_t first = r * tile.columns;
    const T* values = block + first;
    const auto place = [=](std::int64_t index) {
      return reinterpret_cast<Stored*>(row + (index - first) * to.column_stride);
    };
    if (to.column_stride == dense && !stream) {
      rounding.round(place(first), values, tile.columns, first, place);
      continue;
    }
    alignas(64) Stored block_of_rounded[std::is_same_v<Stored, T> ? 1 : block_elements<T>];
    const Stored* rounded = block_of_rounded;
    if constexpr (std::is_same_v<Stored, T>) {
      rounded = values;
    } else {
      rounding.round(block_of_rounded, values, tile.columns, first, place);
    }
    if (to.column_stride == dense) {
      stream_bytes(row, reinterpret_cast<const char*>(rounded), tile.columns * dense);
    } else {
      write_apart(row, to.column_stride, rounded, tile.columns);
    }
  }
}

template <class Stored>
void scatter(TileView<char> to, const opmath_t<Stored>* block, Tile tile, bool stream) {
  RoundedAsComputed<Stored> rounding;
  scatter<Stored>(to, block, tile, stream, rounding);
}

// How two dimensions are cut into tiles that fit a block: whole rows while they are short; long
// rows in pieces; a square where some operand runs along the rows.
template <class Stored, int operands>
Tile choose_tile(const std::int64_t* strides, std::int64_t columns, std::int64_t rows) {
  constexpr std::int64_t capacity = block_elements<opmath_t<Stored>>;
  constexpr std::int64_t square = 32;
  static_assert(square * (capacity / square) == capacity);
  bool transposed = false;
  for (int k = 0; k < operands; ++k) {
    transposed |= strides[operands + k] == static_cast<std::int64_t>(sizeof(Stored)) &&
                  strides[k] > static_cast<std::int64_t>(sizeof(Stored));
  }
  Tile tile{columns < capacity ? columns : capacity, 1};
  if (transposed && columns > square) tile.columns = square;
  const std::int64_t fitting_rows = capacity / (tile.columns > 0 ? tile.columns : 1);
  tile.rows = rows < fitting_rows ? rows : fitting_rows;
  return tile;
}

// The same, but a whole row, however long, where every operand can be used where it lies.
template <class Stored, int operands, class Usable>
Tile choose_tile_or_row(const Operands& o, Usable usable) {
  bool all_usable = o.columns >= block_elements<opmath_t<Stored>> / 16;
  for (int k = 0; k < operands; ++k) all_usable &= usable(k);
  return all_usable ? Tile{o.columns, 1}
                    : choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
}

// `loop` is a DenseLoop, or called as one is. `draw`, where given, makes the values of the last
// operand from its addresses; nothing is read there. `rounding` writes the results of a half type.
// Its results are all written only after finish_streaming() and rounding.finish().
template <class Stored, int inputs, class Loop, class Draw, class Rounding>
void walk_tiles(const Operands& o, Loop loop, const ParameterValues& parameters, Draw draw,
                Rounding& rounding) {
  using T = opmath_t<Stored>;
  constexpr int operands = inputs + 1;
  constexpr bool draws = !std::is_null_pointer_v<Draw>;
  const auto drawn = [](int k) { return draws && k == inputs; };
  const auto usable = [&](int k) { return is_dense<Stored>(o, k) && !drawn(k); };
  // Whether operand k is one value for all elements: gathered only once.
  const auto constant = [&](int k) {
    return o.strides[k] == 0 && o.strides[operands + k] == 0 && !drawn(k);
  };

  const Tile whole = choose_tile_or_row<Stored, operands>(o, usable);
  const bool from_memory = is_from_memory<Stored>(o);

  Blocks<T, operands> blocks;
  for (int k = 1; k < operands; ++k) {
    if (constant(k)) gather<Stored>(blocks[k], view(o, operands, k, 0, 0), whole);
  }
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      const T* in[inputs];
      for (int k = 1; k < operands; ++k) {
        const auto from = view(o, operands, k, column, row);
        if (tile.rows == 1 && usable(k)) {
          in[k - 1] = reinterpret_cast<const T*>(from.data);
          continue;
        }
        in[k - 1] = blocks[k];
        if constexpr (draws) {
          if (drawn(k)) {
            draw(blocks[k], from, tile);
            continue;
          }
        }
        if (constant(k)) continue;
        if (from_memory && from.column_stride != static_cast<std::int64_t>(sizeof(Stored))) {
          prefetch_tile(from, tile);
        }
        gather<Stored>(blocks[k], from, tile);
      }
      const auto to = result_view(o, operands, 0, column, row);
      if (tile.rows == 1 && usable(0)) {
        loop(reinterpret_cast<T*>(to.data), in, tile.columns, parameters, o.stream);
      } else {
        loop(blocks[0], in, tile.columns * tile.rows, parameters, /*stream=*/false);
        rounding.computed_from(in);
        scatter<Stored>(to, blocks[0], tile, o.stream, rounding);
      }
    }
  }
}

template <class Stored, int inputs, class Loop, class Draw, class Rounding>
void walk(const Operands& o, Loop loop, const ParameterValues& parameters, Draw draw,
          Rounding& rounding) {
  walk_tiles<Stored, inputs>(o, loop, parameters, draw, rounding);
  if (o.stream) finish_streaming();
  rounding.finish();
}

template <class Stored, int inputs, class Loop, class Draw = decltype(nullptr)>
void walk(const Operands& o, Loop loop, const ParameterValues& parameters, Draw draw = {}) {
  RoundedAsComputed<Stored> rounding;
  walk<Stored, inputs>(o, loop, parameters, draw, rounding);
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
