// Sums along a row whose order is the row's alone: element i belongs to partial sum i mod 16, a block of
// the row ends with a tree over the 16. Rows in vectors and rows side by side (columns), every instruction
// set and every layout thereby add in the same order, and give the same bits.
#pragma once

#include <act/elementary/arithmetic.h>

#include <cstdint>
#include <type_traits>

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr std::int64_t partial_sums = 16;

// Elements of a row between two trees. Two such blocks of float and what belongs to them stay in L1.
inline constexpr std::int64_t row_block = 2048;

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
#elif defined(__AVX2__)
inline constexpr int vector_bytes = 32;
#else
inline constexpr int vector_bytes = 16;
#endif

// Compilers may not reorder a floating-point sum, so that its vectors are written out: as many lanes of the
// accumulator as a register holds, and as many elements.
template <class Accumulator, class T>
struct Vectors {
  static constexpr int lanes = vector_bytes / static_cast<int>(sizeof(Accumulator));
  static constexpr int count = static_cast<int>(partial_sums) / lanes;
  typedef Accumulator Sum __attribute__((vector_size(vector_bytes)));
  typedef T Elements __attribute__((vector_size(lanes * sizeof(T))));

  ACT_HOST_DEVICE static Sum load(const T* from) {
    Elements elements;
    __builtin_memcpy(&elements, from, sizeof(elements));
    return __builtin_convertvector(elements, Sum);
  }
};

template <class T>
T tree(T* partial) {
  for (std::int64_t width = partial_sums / 2; width > 0; width /= 2) {
    for (std::int64_t i = 0; i < width; ++i) partial[i] += partial[i + width];
  }
  return partial[0];
}

// Adds x, `size` elements, a multiple of 16, to the partial sums.
template <class T, class Sum, int count>
ACT_HOST_DEVICE void add(Sum (&sums)[count], const T* x, std::int64_t size) {
  using V = Vectors<std::remove_reference_t<decltype(sums[0][0])>, T>;
  for (std::int64_t i = 0; i < size; i += partial_sums) {
    for (int v = 0; v < count; ++v) sums[v] += V::load(x + i + v * V::lanes);
  }
}

// Adds x·y. Products of floats are exact in double, those of half types in float.
template <class T, class Sum, int count>
ACT_HOST_DEVICE void add_products(Sum (&sums)[count], const T* x, const T* y, std::int64_t size) {
  using V = Vectors<std::remove_reference_t<decltype(sums[0][0])>, T>;
  for (std::int64_t i = 0; i < size; i += partial_sums) {
    for (int v = 0; v < count; ++v) {
      sums[v] += V::load(x + i + v * V::lanes) * V::load(y + i + v * V::lanes);
    }
  }
}

template <class Accumulator, class T>
Accumulator sum(const T* x, std::int64_t size) {
  using V = Vectors<Accumulator, T>;
  typename V::Sum sums[V::count] = {};
  add(sums, x, size);
  alignas(64) Accumulator partial[partial_sums];
  __builtin_memcpy(partial, sums, sizeof(partial));
  return tree(partial);
}

// The largest element. NaN may be passed over: it shows in the sum.
template <class T>
T maximum(const T* x, std::int64_t size) {
  constexpr int lanes = vector_bytes / static_cast<int>(sizeof(T));
  constexpr int count = 4;
  typedef T Vector __attribute__((vector_size(vector_bytes)));
  const T lowest = -T(__builtin_huge_val());
  Vector largest[count];
  for (int v = 0; v < count; ++v) largest[v] = lowest - Vector{};
  std::int64_t i = 0;
  for (; i + count * lanes <= size; i += count * lanes) {
    for (int v = 0; v < count; ++v) {
      Vector elements;
      __builtin_memcpy(&elements, x + i + v * lanes, sizeof(elements));
      largest[v] = elements > largest[v] ? elements : largest[v];
    }
  }
  for (; i + lanes <= size; i += lanes) {
    Vector elements;
    __builtin_memcpy(&elements, x + i, sizeof(elements));
    largest[0] = elements > largest[0] ? elements : largest[0];
  }
  for (int v = 1; v < count; ++v) largest[0] = largest[v] > largest[0] ? largest[v] : largest[0];
  alignas(64) T one[lanes];
  __builtin_memcpy(one, largest, sizeof(one));
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int l = 0; l < width; ++l) one[l] = one[l + width] > one[l] ? one[l + width] : one[l];
  }
  T result = one[0];
  for (; i < size; ++i) result = x[i] > result ? x[i] : result;
  return result;
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
