// softmax, log_softmax and softmin.
#pragma once

#include <act/softmax_scale.h>

#include "row_access.cuh"
#include "row_sum.cuh"

namespace act::cuda {

using namespace act::normalization;

// The exponentials of a row's elements so far: their sum and, for log_softmax apart from it, how
// many equal the largest one; see RowSum.
template <class T, bool logarithm>
struct Exponentials {
  Scale<T> scale;
  Sum<T> sum = Sum<T>::zero();
  std::int32_t tops = 0;

  __device__ explicit Exponentials(T largest) : scale(scale_for(largest)) {}

  __device__ T exponential(T x) const {
    return scaled_exp(x, scale.shift, scale.floor, scale.to_power);
  }
  __device__ void add(T e) {
    if constexpr (logarithm) {
      const bool is_top = e == scale.top;
      tops += is_top ? 1 : 0;
      e = is_top ? T(0) : e;
    }
    sum.add(e);
  }
  __device__ RowSum as_row_sum(T largest) const {
    return row_sum(largest, scale, sum.high, sum.low(), double(tops));
  }

  // Those of elements up to `from`, where they have to be compared with larger ones, up to `to`.
  __device__ void raise(T from, T to) {
    Exponentials raised(to);
    const RowSum carried = merged_with_lower(raised.as_row_sum(to), as_row_sum(from));
    raised.sum = Sum<T>::of(carried.sum, carried.low);
    raised.tops = static_cast<std::int32_t>(carried.tops);
    *this = raised;
  }

  __device__ void combine() {
    struct Total {
      Sum<T> sum;
      std::int32_t tops, unused;
    };
    if constexpr (logarithm) {
      const Total total = combine_lanes(Total{sum, tops, 0}, [](const Total& a, const Total& b) {
        return Total{a.sum.plus(b.sum), a.tops + b.tops, 0};
      });
      sum = total.sum;
      tops = total.tops;
    } else {
      sum = sum_of_lanes(sum);
    }
  }
};

template <class In, class T, int width, class Row, class Index>
__device__ T load_and_find_largest(T (&x)[width], const Row& row, Index begin, bool negate,
                                   T largest) {
  constexpr T infinity = T(__builtin_huge_val());
  row.template load<In>(x, 1, begin, negate ? infinity : -infinity);
#pragma unroll
  for (int v = 0; v < width; ++v) {
    x[v] = negate ? -x[v] : x[v];
    largest = x[v] > largest ? x[v] : largest;  // passes over NaN, which shows in the sum
  }
  return largest;
}

template <class In, class Out, bool logarithm, int elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_in_registers(const __grid_constant__ RowPlaces<2> places, const bool negate) {
  using T = opmath_t<In>;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<2, width, int> row(places);
  T x[slots][width];
  T largest = -T(__builtin_huge_val());
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
    largest = load_and_find_largest<In>(x[k], row, k * row.span(), negate, largest);
  }
  largest = largest_of_lanes(largest);
  Exponentials<T, logarithm> exponentials(largest);
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) {
      const T e = exponentials.exponential(x[k][v]);
      exponentials.add(e);
      if constexpr (!logarithm) x[k][v] = e;
    }
  }
  exponentials.combine();
  const auto [high, low] = normalizer<logarithm, T>(exponentials.as_row_sum(largest));
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) {
      x[k][v] = logarithm ? log_normalized(x[k][v], high, low) : normalized(x[k][v], high, low);
    }
    row.template store<Out>(x[k], 0, k * row.span());
  }
}

// Rows of any length, read twice. Each thread has a maximum of its own, so that the block waits
// once.
template <class In, class Out, bool logarithm, int elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_online(const __grid_constant__ RowPlaces<2> places, const bool negate) {
  using T = opmath_t<In>;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<2, width, std::int64_t> row(places);
  T own_largest = -T(__builtin_huge_val());
  Exponentials<T, logarithm> exponentials(own_largest);
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T x[slots][width];
    T larger = own_largest;
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      larger = load_and_find_largest<In>(x[k], row, begin + k * row.span(), negate, larger);
    }
    if (larger > own_largest) {
      exponentials.raise(own_largest, larger);
      own_largest = larger;
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) exponentials.add(exponentials.exponential(x[k][v]));
    }
  }
  const T largest = largest_of_lanes(own_largest);
  exponentials.raise(own_largest, largest);
  exponentials.combine();
  const auto [high, low] = normalizer<logarithm, T>(exponentials.as_row_sum(largest));
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T x[slots][width];
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      load_and_find_largest<In>(x[k], row, begin + k * row.span(), negate, largest);
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) {
        x[k][v] = logarithm ? log_normalized(x[k][v], high, low)
                            : normalized(exponentials.exponential(x[k][v]), high, low);
      }
      row.template store<Out>(x[k], 0, begin + k * row.span());
    }
  }
}

}  // namespace act::cuda
