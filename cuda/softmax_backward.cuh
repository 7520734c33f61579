// The gradients of softmax, log_softmax and softmin.
#pragma once

#include <act/softmax_gradient.h>

#include "row_access.cuh"
#include "row_sum.cuh"

namespace act::cuda {

using namespace act::normalization;

// What a row's gradients need of its sum: Σ g·y, or for log_softmax Σ g.
template <class T, bool logarithm>
struct RowGradient {
  T high, low, sign;

  __device__ RowGradient(Sum<T> sum, bool negate) : sign(negate ? T(-1) : T(1)) {
    const double total = sum.high + sum.low();
    high = T(total);
    low = T((sum.high - double(high)) + sum.low());
  }
  __device__ static void add(Sum<T>& sum, T g, T y) {
    if constexpr (logarithm) {
      sum.add(g);
    } else {
      sum.add_product(g, y);
    }
  }
  __device__ T operator()(T g, T y) const {
    if constexpr (logarithm) {
      return log_softmax_gradient<false>(g, y, -high);
    } else {
      return softmax_gradient(g, y, high, low, sign);
    }
  }
};

template <class In, class Out, bool logarithm, int elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_backward_in_registers(const __grid_constant__ RowPlaces<3> places, const bool negate) {
  using T = opmath_t<In>;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<3, width, int> row(places);
  T g[slots][width], y[slots][width];
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
    row.template load<In>(g[k], 1, k * row.span(), T(0));
    row.template load<In>(y[k], 2, k * row.span(), T(0));
  }
  Sum<T> sum = Sum<T>::zero();
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) RowGradient<T, logarithm>::add(sum, g[k][v], y[k][v]);
  }
  const RowGradient<T, logarithm> gradient(sum_of_lanes(sum), negate);
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) g[k][v] = gradient(g[k][v], y[k][v]);
    row.template store<Out>(g[k], 0, k * row.span());
  }
}

// Rows of any length, read twice.
template <class In, class Out, bool logarithm, int elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_backward_online(const __grid_constant__ RowPlaces<3> places, const bool negate) {
  using T = opmath_t<In>;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<3, width, std::int64_t> row(places);
  Sum<T> sum = Sum<T>::zero();
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T g[slots][width], y[slots][width] = {};
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      row.template load<In>(g[k], 1, begin + k * row.span(), T(0));
      if constexpr (!logarithm) row.template load<In>(y[k], 2, begin + k * row.span(), T(0));
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) RowGradient<T, logarithm>::add(sum, g[k][v], y[k][v]);
    }
  }
  const RowGradient<T, logarithm> gradient(sum_of_lanes(sum), negate);
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T g[slots][width], y[slots][width];
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      row.template load<In>(g[k], 1, begin + k * row.span(), T(0));
      row.template load<In>(y[k], 2, begin + k * row.span(), T(0));
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) g[k][v] = gradient(g[k][v], y[k][v]);
      row.template store<Out>(g[k], 0, begin + k * row.span());
    }
  }
}

}  // namespace act::cuda
