// glu: the halves of the input come as two operands; the backward yields both halves' gradients at
// once.
#pragma once

#include <act/formulas/glu.h>

#include "blocks.h"
#include "glu.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// The halves alternate in memory, a row of each, unless the dimension is the first one: so the
// processor follows neither by itself, and where they do not come from the cache they are asked for
// ahead (a third less time).
template <class T, bool from_memory>
void glu_value_loop(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
                    bool stream) {
  constexpr std::int64_t line = line_bytes / static_cast<std::int64_t>(sizeof(T));
  const std::int64_t part = from_memory ? 32 * line : size;
  for (std::int64_t begin = 0; begin < size; begin += part) {
    const std::int64_t count = size - begin < part ? size - begin : part;
    const T* a = inputs[0] + begin;
    const T* b = inputs[1] + begin;
    if constexpr (from_memory) {
      for (std::int64_t i = 0; i < count; i += line) {
        prefetch_further<8192>(a + i);
        prefetch_further<8192>(b + i);
      }
    }
    compute_each<true>(out + begin, count, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return formulas::Glu<T>::value(a[i], b[i]);
    });
  }
}

inline void glu(Storage storage, const Operands& o) {
  constexpr std::int64_t cached = std::int64_t{1} << 20;
  dispatch_storage(storage, [&]<class Stored>() {
    using T = opmath_t<Stored>;
    constexpr bool in_place = std::is_same_v<T, Stored>;
    const bool large = o.columns * o.rows * static_cast<std::int64_t>(sizeof(T)) > cached;
    walk<Stored, 2>(o, in_place && large ? glu_value_loop<T, in_place> : glu_value_loop<T, false>,
                    ParameterValues{});
  });
}

template <class Stored>
void glu_backward_as(const Operands& o) {
  using T = opmath_t<Stored>;
  constexpr int operands = 5;
  const auto usable = [&](int k) { return is_dense<Stored>(o, k); };
  Blocks<T, operands> blocks;
  const Tile whole = choose_tile_or_row<Stored, operands>(o, usable);
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      T* at[operands];
      for (int k = 0; k < operands; ++k) {
        const auto place = result_view(o, operands, k, column, row);
        const bool here = tile.rows == 1 && usable(k);
        at[k] = here ? reinterpret_cast<T*>(place.data) : blocks[k];
        if (!here && k >= 2) gather<Stored>(blocks[k], view(o, operands, k, column, row), tile);
      }
      const auto [grad_a, grad_b, g, a, b] = at;
      const std::int64_t size = tile.columns * tile.rows;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        const auto gradient = formulas::Glu<T>::gradient(a[i], b[i]);
        grad_a[i] = g[i] * gradient.by_a;
        grad_b[i] = g[i] * gradient.by_b;
      }
      for (int k = 0; k < 2; ++k) {
        if (at[k] != blocks[k]) continue;
        scatter<Stored>(result_view(o, operands, k, column, row), blocks[k], tile, false);
      }
    }
  }
}

inline void glu_backward(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() { glu_backward_as<Stored>(o); });
}

extern const GluKernels glu_kernels{glu, glu_backward};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
