// Between memory and panels, where the rows of a panel do not lie side by side in memory: vectors
// along what is dense there, turned in registers.
#pragma once

#include <act/storage.h>

#include "conversion.h"
#include "every_other.h"
#include "row_sums.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// How a stored type lies in a vector register.
template <class Stored>
struct WordOf {
  using type = Stored;
};
template <>
struct WordOf<BFloat16Bits> {
  using type = std::uint16_t;
};
template <>
struct WordOf<HalfBits> {
  using type = std::uint16_t;
};
template <class Stored>
using Word = typename WordOf<Stored>::type;

template <class Stored, int lanes>
ACT_HOST_DEVICE Vector<opmath_t<Stored>, lanes> widened(Vector<Word<Stored>, lanes> words) {
  if constexpr (std::is_same_v<Stored, opmath_t<Stored>>) {
    return words;
  } else if constexpr (std::is_same_v<Stored, BFloat16Bits>) {
    using Bits = Vector<std::uint32_t, lanes>;
    return (Vector<float, lanes>)(__builtin_convertvector(words, Bits) << 16);
  } else {
    Stored stored[lanes];
    alignas(sizeof(float) * lanes) float values[lanes];
    __builtin_memcpy(stored, &words, sizeof(words));
    widen(values, stored, lanes);
    return load_vector<lanes>(values);
  }
}

template <class Stored, int lanes>
ACT_HOST_DEVICE void store_narrowed(Stored* to, Vector<opmath_t<Stored>, lanes> x) {
  if constexpr (std::is_same_v<Stored, opmath_t<Stored>>) {
    __builtin_memcpy(to, &x, sizeof(x));
  } else {
    alignas(sizeof(float) * lanes) float values[lanes];
    __builtin_memcpy(values, &x, sizeof(x));
    narrow(to, values, lanes);
  }
}

// One step of a transposition: the halves of each 2·distance square of lanes that lie off its
// diagonal change places.
template <int distance, int lanes, class V, int... lane>
ACT_HOST_DEVICE void swap_off_diagonal(V& upper, V& lower, std::integer_sequence<int, lane...>) {
  const V a = upper, b = lower;
  upper =
      __builtin_shufflevector(a, b, ((lane & distance) != 0 ? lanes + lane - distance : lane)...);
  lower =
      __builtin_shufflevector(a, b, ((lane & distance) != 0 ? lanes + lane : lane + distance)...);
}

template <int lanes, int distance = lanes / 2, class V>
ACT_HOST_DEVICE void transpose(V* rows) {
  if constexpr (distance > 0) {
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) {
      if ((r & distance) == 0) {
        swap_off_diagonal<distance, lanes>(rows[r], rows[r + distance],
                                           std::make_integer_sequence<int, lanes>{});
      }
    }
    transpose<lanes, distance / 2>(rows);
  }
}

// Covers rows first_row … rows - 1 and elements first … size - 1 of each by squares, the largest
// ones first: calls square.operator()<side>(row, element).
template <int side, class Square>
ACT_HOST_DEVICE void each_square(std::int64_t first_row, std::int64_t rows, std::int64_t first,
                                 std::int64_t size, Square square) {
  const std::int64_t whole_rows = first_row + (rows - first_row) / side * side;
  const std::int64_t whole = first + (size - first) / side * side;
  for (std::int64_t r = first_row; r < whole_rows; r += side) {
    for (std::int64_t i = first; i < whole; i += side) square.template operator()<side>(r, i);
  }
  if constexpr (side > 1) {
    constexpr int smaller = side > 4 ? 4 : 1;
    if (whole < size) each_square<smaller>(first_row, whole_rows, whole, size, square);
    if (whole_rows < rows) each_square<smaller>(whole_rows, rows, first, size, square);
  }
}

// Rows that are dense along themselves, `stride` bytes apart: element i of row r at to[i·width +
// r].
template <int width, class Stored>
void load_transposed(opmath_t<Stored>* to, const char* from, std::int64_t stride, std::int64_t rows,
                     std::int64_t size) {
  using T = opmath_t<Stored>;
  constexpr int largest = ACT_VECTOR_BYTES / static_cast<int>(sizeof(T));
  each_square<largest>(0, rows, 0, size, [&]<int side>(std::int64_t row, std::int64_t i) {
    const char* corner = from + row * stride + i * static_cast<std::int64_t>(sizeof(Stored));
    T* block = to + i * width + row;
    if constexpr (side == 1) {
      *block = to_opmath(*reinterpret_cast<const Stored*>(corner));
    } else {
      Vector<T, side> square[side];
#pragma GCC unroll 16
      for (int r = 0; r < side; ++r) {
        const auto* words = reinterpret_cast<const Word<Stored>*>(corner + r * stride);
        square[r] = widened<Stored, side>(load_vector<side>(words));
      }
      transpose<side>(square);
#pragma GCC unroll 16
      for (int k = 0; k < side; ++k) {
        __builtin_memcpy(block + k * width, &square[k], sizeof(square[k]));
      }
    }
  });
}

template <int width, class Stored>
void store_transposed(char* to, std::int64_t stride, const opmath_t<Stored>* from,
                      std::int64_t rows, std::int64_t size) {
  using T = opmath_t<Stored>;
  constexpr int largest = ACT_VECTOR_BYTES / static_cast<int>(sizeof(T));
  each_square<largest>(0, rows, 0, size, [&]<int side>(std::int64_t row, std::int64_t i) {
    char* corner = to + row * stride + i * static_cast<std::int64_t>(sizeof(Stored));
    const T* block = from + i * width + row;
    if constexpr (side == 1) {
      *reinterpret_cast<Stored*>(corner) = from_opmath<Stored>(*block);
    } else {
      Vector<T, side> square[side];
#pragma GCC unroll 16
      for (int k = 0; k < side; ++k) square[k] = load_vector<side>(block + k * width);
      transpose<side>(square);
#pragma GCC unroll 16
      for (int r = 0; r < side; ++r) {
        store_narrowed<Stored, side>(reinterpret_cast<Stored*>(corner + r * stride), square[r]);
      }
    }
  });
}

// Elements `stride` bytes apart, and those of half types converted many at a time.
template <class Stored>
void load_strided(opmath_t<Stored>* to, const char* from, std::int64_t stride, std::int64_t size) {
  if (stride == static_cast<std::int64_t>(sizeof(Stored))) {
    return widen(to, reinterpret_cast<const Stored*>(from), size);
  }
  if (stride == 2 * static_cast<std::int64_t>(sizeof(Stored))) {
    return widen_every_other(to, reinterpret_cast<const Stored*>(from), size);
  }
  const auto at = [=](std::int64_t i) {
    return *reinterpret_cast<const Stored*>(from + i * stride);
  };
  if constexpr (std::is_same_v<Stored, opmath_t<Stored>>) {
    for (std::int64_t i = 0; i < size; ++i) to[i] = at(i);
  } else {
    constexpr std::int64_t at_once = 64;
    Stored stored[at_once];
    for (std::int64_t begin = 0; begin < size; begin += at_once) {
      const std::int64_t count = size - begin < at_once ? size - begin : at_once;
      for (std::int64_t i = 0; i < count; ++i) stored[i] = at(begin + i);
      widen(to + begin, stored, count);
    }
  }
}

template <class Stored>
void store_strided(char* to, std::int64_t stride, const opmath_t<Stored>* from, std::int64_t size) {
  if (stride == static_cast<std::int64_t>(sizeof(Stored))) {
    return narrow(reinterpret_cast<Stored*>(to), from, size);
  }
  if constexpr (std::is_same_v<Stored, opmath_t<Stored>>) {
    write_apart(to, stride, from, size);
  } else {
    constexpr std::int64_t at_once = 64;
    Stored stored[at_once];
    for (std::int64_t begin = 0; begin < size; begin += at_once) {
      const std::int64_t count = size - begin < at_once ? size - begin : at_once;
      narrow(stored, from + begin, count);
      write_apart(to + begin * stride, stride, stored, count);
    }
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
