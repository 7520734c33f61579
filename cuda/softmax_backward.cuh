// The gradients of softmax, log_softmax and softmin.
#pragma once

#include <act/softmax_elements.h>

#include "row_launch.cuh"
#include "row_sum.cuh"

namespace act::cuda {

using namespace act::normalization;

// What a row's gradients need of its sum: Σ g·y, or for log_softmax Σ g.
// `factor` is what a gradient by the logit is multiplied by.
template <class T, bool logarithm, class Elements>
struct RowGradient {
  T high, low, factor;

  __device__ RowGradient(Sum<T> sum, double by_input) : factor(T(by_input)) {
    const double total = sum.high + sum.low();
    high = T(total);
    low = T((sum.high - double(high)) + sum.low());
  }
  __device__ static void add(Sum<T>& sum, T g, T y) {
    if constexpr (!Elements::all) g = Elements::template kept<logarithm>(g, y);
    if constexpr (logarithm) {
      sum.add(g);
    } else {
      sum.add_product(g, y);
    }
  }
  __device__ T operator()(T g, T y) const {
    if constexpr (logarithm) {
      return Elements::template log_softmax_gradient<false>(g, y, -high, factor);
    } else {
      return Elements::softmax_gradient(g, y, high, low, factor);
    }
  }
};

template <class In, class Out, bool logarithm, int elements, class Elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_backward_in_registers(const __grid_constant__ RowPlaces<3> places,
                                  const double factor) {
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
    for (int v = 0; v < width; ++v) RowGradient<T, logarithm, Elements>::add(sum, g[k][v], y[k][v]);
  }
  const RowGradient<T, logarithm, Elements> gradient(sum_of_lanes(sum), factor);
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) g[k][v] = gradient(g[k][v], y[k][v]);
    row.template store<Out>(g[k], 0, k * row.span());
  }
}

// Rows of any length, read twice.
template <class In, class Out, bool logarithm, int elements, class Elements>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_backward_online(const __grid_constant__ RowPlaces<3> places, const double factor) {
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
      if constexpr (!logarithm || !Elements::all)
        row.template load<In>(y[k], 2, begin + k * row.span(), T(0));
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v)
        RowGradient<T, logarithm, Elements>::add(sum, g[k][v], y[k][v]);
    }
  }
  const RowGradient<T, logarithm, Elements> gradient(sum_of_lanes(sum), factor);
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

template <class In, class Out, bool logarithm, class Elements>
constexpr RowKernels<3, double> softmax_backward_kernels_of() {
  constexpr bool is_double = sizeof(opmath_t<In>) == sizeof(double);
  constexpr int few = few_elements(is_double), many = many_elements(is_double);
  return {softmax_backward_in_registers<In, Out, logarithm, few, Elements>,
          softmax_backward_in_registers<In, Out, logarithm, many, Elements>,
          softmax_backward_online<In, Out, logarithm, many / 2, Elements>};
}

template <class Elements>
cudaError_t launch_softmax_backward(const Rows& rows, Normalization normalization, double factor,
                                    cudaStream_t stream) {
  return dispatch_pair(
      rows.operands[0].storage, rows.operands[1].storage, [&]<class Out, class In>() {
        const auto kernels = normalization == Normalization::log_softmax
                                 ? softmax_backward_kernels_of<In, Out, true, Elements>()
                                 : softmax_backward_kernels_of<In, Out, false, Elements>();
        return launch_rows(kernels, common_width<In, Out>, rows, factor, stream);
      });
}

}  // namespace act::cuda
