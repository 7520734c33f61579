// prelu: the slope comes with each element; the backward yields the input's and the weight's
// gradient in one pass over memory.
#pragma once

#include <act/formulas/prelu.h>

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
void prelu_value_loop(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
                      bool stream) {
  const T* x = inputs[0];
  const T* weight = inputs[1];
  compute_each<true>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return formulas::Prelu<T>::value(x[i], weight[i]);
  });
}

// Rows of one weight each, as of images: no block is filled with it.
template <class Stored>
void prelu_by_rows(const Operands& o) {
  using T = opmath_t<Stored>;
  constexpr int operands = 3;
  const std::int64_t strides[4] = {o.strides[0], o.strides[1]};
  RoundedAsComputed<Stored> rounding;
  for (std::int64_t row = 0; row < o.rows; ++row) {
    const auto place = [&](int k) { return o.data[k] + row * o.strides[operands + k]; };
    const T weight = to_opmath(*reinterpret_cast<const Stored*>(place(2)));
    const auto loop = [weight](T* out, const T* const* inputs, std::int64_t size,
                               const ParameterValues&, bool stream) {
      const T* x = inputs[0];
      compute_each<true>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
        return formulas::Prelu<T>::value(x[i], weight);
      });
    };
    char* const data[] = {place(0), place(1)};
    walk_tiles<Stored, 1>(Operands{data, strides, o.columns, 1, o.stream}, loop, ParameterValues{},
                          nullptr, rounding);
  }
  if (o.stream) finish_streaming();
}

inline void prelu(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() {
    constexpr bool is_half = !std::is_same_v<Stored, opmath_t<Stored>>;
    constexpr std::int64_t long_row = block_elements<opmath_t<Stored>> / (is_half ? 4 : 16);
    if (o.strides[2] == 0 && o.columns >= long_row) {
      return prelu_by_rows<Stored>(o);
    }
    walk<Stored, 2>(o, prelu_value_loop<opmath_t<Stored>>, ParameterValues{});
  });
}

// The sum of grad_output · min(x, 0). The products of floats are exact in double, and eight partial
// sums in fixed places keep the order of additions the same on every instruction set.
template <class T>
double weight_gradient(const T* grad_output, const T* x, std::int64_t size) {
  constexpr int lanes = 8;
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    for (int lane = 0; lane < lanes; ++lane) {
      const double slope = formulas::Prelu<double>::derivative_weight(x[i + lane]);
      sums[lane] += static_cast<double>(grad_output[i + lane]) * slope;
    }
  }
  for (int lane = 0; i < size; ++i, ++lane) {
    const double slope = formulas::Prelu<double>::derivative_weight(x[i]);
    sums[lane] += static_cast<double>(grad_output[i]) * slope;
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

template <class Stored>
void prelu_backward_as(const Operands& o, const char* weight, double* weight_sums) {
  using T = opmath_t<Stored>;
  constexpr int operands = 4;
  constexpr std::int64_t element = sizeof(Stored);
  const std::int64_t* strides = o.strides;
  const std::int64_t columns = o.columns;
  const std::int64_t rows = o.rows;
  Blocks<T, operands> blocks;

  const Tile whole = choose_tile<Stored, operands>(strides, columns, rows);
  for (std::int64_t row = 0; row < rows; row += whole.rows) {
    for (std::int64_t column = 0; column < columns; column += whole.columns) {
      const Tile tile = part_of(whole, columns - column, rows - row);
      for (int k = 1; k < operands; ++k)
        gather<Stored>(blocks[k], view(o, operands, k, column, row), tile);
      const T* grad_output = blocks[1];
      const T* x = blocks[2];
      const T* slope = blocks[3];
      const std::int64_t size = tile.columns * tile.rows;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < size; ++i) {
        blocks[0][i] = grad_output[i] * formulas::Prelu<T>::derivative_input(x[i], slope[i]);
      }
      scatter<Stored>(result_view(o, operands, 0, column, row), blocks[0], tile, o.stream);

      const auto slopes = view(o, operands, 3, column, row);
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        const std::int64_t first = r * tile.columns;
        const char* row_slopes = slopes.data + r * slopes.row_stride;
        if (slopes.column_stride == 0) {
          weight_sums[(row_slopes - weight) / element] +=
              weight_gradient(grad_output + first, x + first, tile.columns);
          continue;
        }
        double* sums = weight_sums + (row_slopes - weight) / element;
        const std::int64_t step = slopes.column_stride / element;
#pragma GCC ivdep
        for (std::int64_t c = 0; c < tile.columns; ++c) {
          sums[c * step] += static_cast<double>(grad_output[first + c]) *
                            formulas::Prelu<double>::derivative_weight(x[first + c]);
        }
      }
    }
  }
  if (o.stream) finish_streaming();
}

inline void prelu_backward(Storage storage, const Operands& o, const char* weight,
                           double* weight_sums) {
  dispatch_storage(storage,
                   [&]<class Stored>() { prelu_backward_as<Stored>(o, weight, weight_sums); });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
