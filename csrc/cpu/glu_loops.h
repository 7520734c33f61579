// glu: the halves of the input come as two operands; the backward yields both halves' gradients at
// once.
#pragma once

#include <act/formulas/glu.h>

#include "blocks.h"
#include "glu.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
void glu_value_loop(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
                    bool stream) {
  const T* a = inputs[0];
  const T* b = inputs[1];
  compute_each<false>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return formulas::Glu<T>::value(a[i], b[i]);
  });
}

inline void glu(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() {
    walk<Stored, 2>(o, glu_value_loop<opmath_t<Stored>>, ParameterValues{});
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
