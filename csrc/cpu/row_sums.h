// Maxima and sums along a row. The order of a sum is the row's alone: element i belongs to partial
// sum i mod 16, and a block of the row ends with a tree over the 16. Rows in vectors and rows side
// by side, every instruction set and every layout thereby add in the same order and give the same
// bits.
#pragma once

#include <act/elementary/arithmetic.h>

#include <cstdint>
#include <type_traits>
#include <utility>

#include "stream.h"

#if ACT_VECTOR_BYTES == 64
#include <immintrin.h>
#endif

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr std::int64_t partial_sums = 16;

// Elements of a row between two trees. Two such blocks of float and what belongs to them stay in
// L1.
inline constexpr std::int64_t row_block = 2048;

constexpr std::int64_t padded(std::int64_t size) {
  return (size + partial_sums - 1) / partial_sums * partial_sums;
}

// Compilers may not reorder a floating-point sum, so that its vectors are written out.
template <class T, int lanes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(lanes * sizeof(T))));
};
template <class T, int lanes>
using Vector = typename VectorOf<T, lanes>::Type;

template <int lanes, class T>
ACT_HOST_DEVICE Vector<T, lanes> load_vector(const T* from) {
  Vector<T, lanes> result;
  __builtin_memcpy(&result, from, sizeof(result));
  return result;
}

// The last elements of a row, fewer than 16, continued with zeros.
template <class T>
ACT_HOST_DEVICE void load_end(T* to, const T* from, std::int64_t size) {
#if ACT_VECTOR_BYTES == 64
  const unsigned lanes = (1u << size) - 1;
  if constexpr (std::is_same_v<T, float>) {
    _mm512_storeu_ps(to, _mm512_maskz_loadu_ps(static_cast<__mmask16>(lanes), from));
  } else {
    _mm512_storeu_pd(to, _mm512_maskz_loadu_pd(static_cast<__mmask8>(lanes), from));
    _mm512_storeu_pd(to + 8, _mm512_maskz_loadu_pd(static_cast<__mmask8>(lanes >> 8), from + 8));
  }
#else
  for (std::int64_t i = 0; i < partial_sums; ++i) to[i] = T(0);
  for (std::int64_t i = 0; i < size; ++i) to[i] = from[i];
#endif
}

template <class To, int lanes, class From>
ACT_HOST_DEVICE Vector<To, lanes> convert(Vector<From, lanes> x) {
#if ACT_VECTOR_BYTES == 64
  // GCC 12 splits this conversion in two.
  if constexpr (std::is_same_v<From, float> && std::is_same_v<To, double> && lanes == 8) {
    return (Vector<To, lanes>)_mm512_maskz_cvtps_pd(0xff, (__m256)x);
  }
#endif
  return __builtin_convertvector(x, Vector<To, lanes>);
}

template <int first, class V, int... index>
ACT_HOST_DEVICE auto select_lanes(V x, std::integer_sequence<int, index...>) {
  return __builtin_shufflevector(x, x, first + index...);
}

// Combines the lower half of the lanes with the upper half until one is left.
template <int lanes, class V, class Combine>
ACT_HOST_DEVICE auto reduce(V x, Combine combine) {
  if constexpr (lanes == 1) {
    return x[0];
  } else if constexpr (lanes == 2) {
    return combine(x[0], x[1]);
  } else {
    using Half = std::make_integer_sequence<int, lanes / 2>;
    return reduce<lanes / 2>(
        combine(select_lanes<0>(x, Half{}), select_lanes<lanes / 2>(x, Half{})), combine);
  }
}

// The sixteen partial sums of one row, as vectors of the accumulating type.
template <class Accumulator>
struct PartialSums {
  static constexpr int lanes = ACT_VECTOR_BYTES / static_cast<int>(sizeof(Accumulator));
  static constexpr int count = static_cast<int>(partial_sums) / lanes;
  Vector<Accumulator, lanes> sums[count] = {};

  // Adds `size` elements, a multiple of 16.
  template <class T>
  ACT_HOST_DEVICE void add(const T* x, std::int64_t size) {
    for (std::int64_t i = 0; i < size; i += partial_sums) {
      for (int v = 0; v < count; ++v) {
        sums[v] += convert<Accumulator, lanes, T>(load_vector<lanes>(x + i + v * lanes));
      }
    }
  }
  // Adds products. Those of floats are exact in double, those of half types in float.
  template <bool prefetch = false, class T>
  ACT_HOST_DEVICE void add_products(const T* x, const T* y, std::int64_t size) {
    for (std::int64_t i = 0; i < size; i += partial_sums) {
      if constexpr (prefetch) prefetch_further<8192>(x + i);
      for (int v = 0; v < count; ++v) {
        sums[v] += convert<Accumulator, lanes, T>(load_vector<lanes>(x + i + v * lanes)) *
                   convert<Accumulator, lanes, T>(load_vector<lanes>(y + i + v * lanes));
      }
    }
  }
  // Adds vector(i), elements i … i + lanes - 1, for `size` elements, a multiple of 16.
  template <class Elements>
  ACT_HOST_DEVICE void add_each(std::int64_t size, Elements vector) {
    for (std::int64_t i = 0; i < size; i += partial_sums) {
      for (int v = 0; v < count; ++v) sums[v] += vector(i + v * lanes);
    }
  }
  // The sum; leaves the partial sums in disorder.
  ACT_HOST_DEVICE Accumulator tree() {
    for (int width = count / 2; width > 0; width /= 2) {
      for (int v = 0; v < width; ++v) sums[v] += sums[v + width];
    }
    return reduce<lanes>(sums[0], [](auto a, auto b) { return a + b; });
  }
};

// The largest of `size` elements, a multiple of 16. NaN may be passed over: it shows in the sum.
template <class T>
ACT_HOST_DEVICE T maximum(const T* x, std::int64_t size) {
  constexpr int lanes = ACT_VECTOR_BYTES / static_cast<int>(sizeof(T));
  constexpr int count = static_cast<int>(partial_sums) / lanes;
  const auto larger = [](auto a, auto b) { return b > a ? b : a; };
  Vector<T, lanes> largest[count];
  for (int v = 0; v < count; ++v) largest[v] = load_vector<lanes>(x + v * lanes);
  // A NaN in the first elements would stay; compared with itself it gives way.
  for (int v = 0; v < count; ++v) {
    largest[v] =
        largest[v] == largest[v] ? largest[v] : Vector<T, lanes>{} - T(__builtin_huge_val());
  }
  for (std::int64_t i = partial_sums; i < size; i += partial_sums) {
    for (int v = 0; v < count; ++v) {
      largest[v] = larger(largest[v], load_vector<lanes>(x + i + v * lanes));
    }
  }
  for (int v = 1; v < count; ++v) largest[0] = larger(largest[0], largest[v]);
  return reduce<lanes>(largest[0], larger);
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
