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
  constexpr std::int64_t dense = sizeof(T);
  const auto usable = [&](int k) { return std::is_same_v<Stored, T> && o.strides[k] == dense; };
  const auto view_of = [&](int k, std::int64_t column, std::int64_t row) {
    return TileView<char>{o.data[k] + column * o.strides[k] + row * o.strides[operands + k],
                          o.strides[k], o.strides[operands + k]};
  };
  Blocks<T, operands> blocks;

  bool all_usable = true;
  for (int k = 0; k < operands; ++k) all_usable &= usable(k);
  const Tile whole = all_usable && o.columns >= block_elements<T> / 16
                         ? Tile{o.columns, 1}
                         : choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      T* at[operands];
      for (int k = 0; k < operands; ++k) {
        const auto place = view_of(k, column, row);
        const bool here = tile.rows == 1 && usable(k);
        at[k] = here ? reinterpret_cast<T*>(place.data) : blocks[k];
        if (!here && k >= 2) {
          gather<Stored>(blocks[k], {place.data, place.column_stride, place.row_stride}, tile);
        }
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
        if (at[k] == blocks[k]) scatter<Stored>(view_of(k, column, row), blocks[k], tile, false);
      }
    }
  }
}

inline void glu_backward(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() { glu_backward_as<Stored>(o); });
}

extern const GluKernels glu_kernels{glu, glu_backward};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
