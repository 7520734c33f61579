// rrelu in training: the slope of the element at place i of the tensor (counted in row-major order,
// whatever the layout) is a function of (seed, offset, i), so that the backward can draw it again.
// Where drawing takes longer than reading, it reads instead the slopes that the forward left.
#pragma once

#include <act/formulas/rrelu.h>

#include "random_numbers.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
void rrelu_value_loop(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
                      bool stream) {
  const T* x = inputs[0];
  const T* slope = inputs[1];
  compute_each<true>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return formulas::Rrelu<T>::value(x[i], slope[i]);
  });
}

template <class T>
void rrelu_backward_loop(T* grad_input, const T* const* inputs, std::int64_t size,
                         const ParameterValues&, bool stream) {
  const T* grad_output = inputs[0];
  const T* x = inputs[1];
  const T* slope = inputs[2];
  compute_each<true>(grad_input, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return grad_output[i] * formulas::Rrelu<T>::derivative(x[i], slope[i]);
  });
}

template <class T>
void rrelu_slope_loop(T* slopes, const T* const* inputs, std::int64_t size, bool stream) {
  const T* x = inputs[0];
  const T* slope = inputs[1];
  compute_each<true>(slopes, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return formulas::Rrelu<T>::derivative(x[i], slope[i]);
  });
}

template <class T>
void rrelu_backward_from_slopes_loop(T* grad_input, const T* const* inputs, std::int64_t size,
                                     const ParameterValues&, bool stream) {
  const T* grad_output = inputs[0];
  const T* slope = inputs[1];
  compute_each<true>(grad_input, size, stream,
                     [=](std::int64_t i) ACT_INLINE_LAMBDA { return grad_output[i] * slope[i]; });
}

template <class Stored>
auto tile_of_slopes(const RandomSlopes& random) {
  using T = opmath_t<Stored>;
  const formulas::Rrelu<T> formula(ParameterValues{random.lower, random.upper});
  return tile_of_numbers<Stored>(
      random, [=](std::uint32_t bits) ACT_INLINE_LAMBDA { return formula.slope(bits); });
}

template <class Stored, int inputs>
void walk_with_slopes(const Operands& o, const RandomSlopes& random,
                      DenseLoop<opmath_t<Stored>> loop) {
  walk<Stored, inputs>(o, loop, ParameterValues{random.lower, random.upper},
                       tile_of_slopes<Stored>(random));
}

template <class Stored>
void rrelu_with_slopes_as(const Operands& o, const RandomSlopes& random) {
  using T = opmath_t<Stored>;
  constexpr int operands = 4;
  const auto draw = tile_of_slopes<Stored>(random);
  Blocks<T, operands> blocks;
  const Tile whole = choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      const std::int64_t size = tile.columns * tile.rows;
      const auto place_or_block = [&](int k, bool dense) {
        const auto place = result_view(o, operands, k, column, row);
        return dense && tile.rows == 1 ? reinterpret_cast<T*>(place.data) : blocks[k];
      };
      T* out = place_or_block(0, is_dense<Stored>(o, 0));
      T* slopes = place_or_block(1, is_dense<T>(o, 1));
      const T* x = place_or_block(2, is_dense<Stored>(o, 2));
      if (x == blocks[2]) gather<Stored>(blocks[2], view(o, operands, 2, column, row), tile);
      draw(blocks[3], view(o, operands, 3, column, row), tile);
      const T* const inputs[] = {x, blocks[3]};
      const bool out_in_place = out != blocks[0], slopes_in_place = slopes != blocks[1];
      rrelu_value_loop(out, inputs, size, ParameterValues{}, o.stream && out_in_place);
      rrelu_slope_loop(slopes, inputs, size, o.stream && slopes_in_place);
      if (!out_in_place) {
        scatter<Stored>(result_view(o, operands, 0, column, row), out, tile, o.stream);
      }
      if (!slopes_in_place) {
        scatter<T>(result_view(o, operands, 1, column, row), slopes, tile, o.stream);
      }
    }
  }
  if (o.stream) finish_streaming();
}

inline void rrelu(Storage storage, const Operands& o, const RandomSlopes& random) {
  dispatch_storage(storage, [&]<class Stored>() {
    walk_with_slopes<Stored, 2>(o, random, rrelu_value_loop<opmath_t<Stored>>);
  });
}

inline void rrelu_backward(Storage storage, const Operands& o, const RandomSlopes& random) {
  dispatch_storage(storage, [&]<class Stored>() {
    walk_with_slopes<Stored, 3>(o, random, rrelu_backward_loop<opmath_t<Stored>>);
  });
}

inline void rrelu_with_slopes(Storage storage, const Operands& o, const RandomSlopes& random) {
  dispatch_storage(storage, [&]<class Stored>() { rrelu_with_slopes_as<Stored>(o, random); });
}

// The slopes are wider than a half type's gradient. They are read where they lie: gathered in
// blocks, they would come from memory in bursts (measured: twice the time).
template <class Stored>
void times_dense_slopes(Stored* grad_input, const Stored* grad_output, const float* slopes,
                        std::int64_t size, bool stream) {
  constexpr std::int64_t capacity = block_elements<float>;
  alignas(line_bytes) float products[capacity];
  for (std::int64_t begin = 0; begin < size; begin += capacity) {
    const std::int64_t count = size - begin < capacity ? size - begin : capacity;
    widen(products, grad_output + begin, count);
    float* product = products;
    const float* slope = slopes + begin;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) product[i] *= slope[i];
    constexpr std::int64_t element = sizeof(Stored);
    scatter<Stored>({reinterpret_cast<char*>(grad_input + begin), element, 0}, product, {count, 1},
                    stream);
  }
}

template <class Stored>
void rrelu_backward_from_slopes_as(const Operands& o) {
  using T = opmath_t<Stored>;
  constexpr auto loop = rrelu_backward_from_slopes_loop<T>;
  if constexpr (std::is_same_v<Stored, T>) {
    walk<Stored, 2>(o, loop, ParameterValues{});
  } else {
    constexpr int operands = 3;
    constexpr std::int64_t element = sizeof(Stored);
    if (o.strides[0] != element || o.strides[1] != element || !is_dense<T>(o, 2)) {
      return walk<Stored, 2>(
          o, loop, ParameterValues{},
          [](T* block, TileView<const char> slopes, Tile tile) { gather<T>(block, slopes, tile); });
    }
    for (std::int64_t row = 0; row < o.rows; ++row) {
      const auto place = [&](int k) { return o.data[k] + row * o.strides[operands + k]; };
      times_dense_slopes(reinterpret_cast<Stored*>(place(0)),
                         reinterpret_cast<const Stored*>(place(1)),
                         reinterpret_cast<const float*>(place(2)), o.columns, o.stream);
    }
    if (o.stream) finish_streaming();
  }
}

inline void rrelu_backward_from_slopes(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() { rrelu_backward_from_slopes_as<Stored>(o); });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
