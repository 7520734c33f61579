// rrelu in training: the slope of the element at place i of the tensor (counted in row-major order,
// whatever the layout) is a function of (seed, offset, i), so that the backward can draw it again.
// Where drawing takes longer than reading, it reads instead the slopes that the forward left.
#pragma once

#include <act/elementary/philox.h>
#include <act/formulas/rrelu.h>

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Slopes of `size` elements, `stride` places apart, from place `first` on.
template <class T>
void draw_slopes(T* slopes, std::int64_t first, std::int64_t stride, std::int64_t size,
                 const formulas::Rrelu<T>& formula, const elementary::PhiloxState& random) {
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

// The same from place `first` of the tensor on, through the samples that come.
template <class T>
void draw_slopes_of_samples(T* slopes, std::int64_t first, std::int64_t stride, std::int64_t size,
                            const formulas::Rrelu<T>& formula, const RandomSlopes& random) {
  const std::int64_t each = random.elements_per_state;
  while (size > 0) {
    const std::int64_t sample = first / each, place = first % each;
    std::int64_t count = stride > 0 ? (each - place + stride - 1) / stride : size;
    count = count < size ? count : size;
    draw_slopes(slopes, place, stride, count, formula, random.states[sample]);
    slopes += count;
    first += count * stride;
    size -= count;
  }
}

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

// Draws a tile's slopes. The addresses of the operand that counts the elements, less an origin, are
// their places.
template <class Stored>
auto tile_of_slopes(const RandomSlopes& random) {
  using T = opmath_t<Stored>;
  const formulas::Rrelu<T> formula(ParameterValues{random.lower, random.upper});
  return [=](T* slopes, TileView<const char> places, Tile tile) {
    constexpr std::int64_t element = sizeof(Stored);
    for (std::int64_t r = 0; r < tile.rows; ++r) {
      draw_slopes_of_samples(slopes + r * tile.columns,
                             (places.data + r * places.row_stride - random.origin) / element,
                             places.column_stride / element, tile.columns, formula, random);
    }
  };
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

inline void rrelu_backward_from_slopes(Storage storage, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() {
    using T = opmath_t<Stored>;
    constexpr auto loop = rrelu_backward_from_slopes_loop<T>;
    if constexpr (std::is_same_v<Stored, T>) {
      walk<Stored, 2>(o, loop, ParameterValues{});
    } else {
      // The slopes are wider than the gradient.
      walk<Stored, 2>(
          o, loop, ParameterValues{},
          [](T* block, TileView<const char> slopes, Tile tile) { gather<T>(block, slopes, tile); });
    }
  });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
