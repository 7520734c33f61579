// softmax, log_softmax and softmin.
#pragma once

#include <act/softmax_elements.h>

#include "row_launch.cuh"
#include "row_sum.cuh"

namespace act::cuda {

using namespace act::normalization;

// The exponentials of a row's elements so far: their sum and, for log_softmax apart from it, how
// many equal the largest one; see RowSum.
template <class T, bool logarithm, class Elements>
struct Exponentials {
  Scale<T> scale;
  Sum<T> sum = Sum<T>::zero();
  std::int32_t tops = 0;

  __device__ explicit Exponentials(T largest) : scale(scale_for(largest)) {}

  __device__ T exponential(T x) const {
    return Elements::exponential(x, scale.shift, scale.floor, scale.to_power);
  }
  // The exponential of x, which is added.
  __device__ T add(T x) {
    const auto [value, lost] =
        Elements::rounded_exponential(x, scale.shift, scale.floor, scale.to_power);
    bool is_top = logarithm && value == scale.top;
    if constexpr (sizeof(T) == sizeof(double)) is_top = is_top && lost == scale.top_low;
    tops += is_top ? 1 : 0;
    sum.add_rounded(is_top ? T(0) : value, is_top ? T(0) : lost);
    return value;
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

// The larger of two, and never NaN if either is a number: a NaN shows in the sum.
__device__ inline float larger_of(float a, float b) { return fmaxf(a, b); }
__device__ inline double larger_of(double a, double b) { return b > a ? b : a; }

// Logits that are x, or -x. A Logits class loads a slot and returns the largest of it and
// `largest`.
template <class T>
struct PlainLogits {
  using How = bool;
  using Elements = EveryElement;
  static constexpr int operands = 2;

  decltype(elementary::to_bits(T(0))) sign;  // what turns the sign of x

  __device__ explicit PlainLogits(bool negate)
      : sign(elementary::to_bits(negate ? T(-0.0) : T(0))) {}

  template <class In, int width, class Row, class Index>
  __device__ T load(T (&x)[width], const Row& row, Index begin, T largest) const {
    const T infinity = T(__builtin_huge_val());
    row.template load<In>(x, 1, begin,
                          elementary::from_bits(elementary::to_bits(-infinity) ^ sign));
#pragma unroll
    for (int v = 0; v < width; ++v) {
      x[v] = elementary::from_bits(elementary::to_bits(x[v]) ^ sign);
      largest = larger_of(largest, x[v]);
    }
    return largest;
  }
  template <bool logarithm>
  __device__ static T absent(const RowSum&) {
    return T(0);
  }
};

// Those of a mask, operand 2, and a temperature.
template <class T>
struct MaskedLogits {
  using How = Logits;
  using Elements = PresentElements;
  static constexpr int operands = 3;

  T temperature;
  bool negate, has_mask, empty_is_nan;

  __device__ explicit MaskedLogits(const Logits& logits)
      : temperature(T(logits.temperature)),
        negate(logits.negate),
        has_mask(logits.has_mask),
        empty_is_nan(logits.empty_is_nan) {}

  template <class In, int width, class Row, class Index>
  __device__ T load(T (&x)[width], const Row& row, Index begin, T largest) const {
    const T infinity = T(__builtin_huge_val());
    row.template load<In>(x, 1, begin, negate ? infinity : -infinity);
#pragma unroll
    for (int v = 0; v < width; ++v) x[v] = (negate ? -x[v] : x[v]) / temperature;
    if (has_mask) row.mask_out(x, 2, begin);
#pragma unroll
    for (int v = 0; v < width; ++v) largest = larger_of(largest, x[v]);
    return largest;
  }
  template <bool logarithm>
  __device__ T absent(const RowSum& sum) const {
    return absent_result<logarithm, T>(sum, empty_is_nan);
  }
};

template <class In, class Out, bool logarithm, int elements, template <class> class LogitsOf>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_in_registers(const __grid_constant__ RowPlaces<LogitsOf<opmath_t<In>>::operands> places,
                         const typename LogitsOf<opmath_t<In>>::How how) {
  using T = opmath_t<In>;
  using Elements = typename LogitsOf<T>::Elements;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<LogitsOf<T>::operands, width, int> row(places);
  const LogitsOf<T> logits(how);
  T x[slots][width];
  T largest = -T(__builtin_huge_val());
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
    largest = logits.template load<In>(x[k], row, k * row.span(), largest);
  }
  largest = largest_of_lanes(largest);
  Exponentials<T, logarithm, Elements> exponentials(largest);
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) {
      const T e = exponentials.add(x[k][v]);
      if constexpr (!logarithm) x[k][v] = e;
    }
  }
  exponentials.combine();
  // By itself an element is 1 exactly, as on the CPU, whatever its exponential has lost.
  if (places.size == 1) exponentials.sum = Sum<T>::of(exponentials.sum.high, 0);
  const RowSum sum = exponentials.as_row_sum(largest);
  const auto [high, low] = normalizer<logarithm, T>(sum);
  const T absent = logits.template absent<logarithm>(sum);
#pragma unroll
  for (int k = 0; k < slots; ++k) {
    if (!row.reaches(k * row.span())) break;
#pragma unroll
    for (int v = 0; v < width; ++v) {
      x[k][v] = Elements::template result<logarithm>(x[k][v], high, low, absent);
    }
    row.template store<Out>(x[k], 0, k * row.span());
  }
}

// Rows of any length, read twice. Each thread has a maximum of its own, so that the block waits
// once.
template <class In, class Out, bool logarithm, int elements, template <class> class LogitsOf>
__global__ void __launch_bounds__(max_threads, 1)
    softmax_online(const __grid_constant__ RowPlaces<LogitsOf<opmath_t<In>>::operands> places,
                   const typename LogitsOf<opmath_t<In>>::How how) {
  using T = opmath_t<In>;
  using Elements = typename LogitsOf<T>::Elements;
  constexpr int width = common_width<In, Out>, slots = elements / width;
  const TeamRow<LogitsOf<T>::operands, width, std::int64_t> row(places);
  const LogitsOf<T> logits(how);
  T own_largest = -T(__builtin_huge_val());
  Exponentials<T, logarithm, Elements> exponentials(own_largest);
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T x[slots][width];
    T larger = own_largest;
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      larger = logits.template load<In>(x[k], row, begin + k * row.span(), larger);
    }
    if (larger > own_largest) {
      exponentials.raise(own_largest, larger);
      own_largest = larger;
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) exponentials.add(x[k][v]);
    }
  }
  const T largest = largest_of_lanes(own_largest);
  exponentials.raise(own_largest, largest);
  exponentials.combine();
  const RowSum sum = exponentials.as_row_sum(largest);
  const auto [high, low] = normalizer<logarithm, T>(sum);
  const T absent = logits.template absent<logarithm>(sum);
#pragma unroll 1
  for (std::int64_t begin = 0; row.reaches(begin); begin += slots * row.span()) {
    T x[slots][width];
#pragma unroll
    for (int k = 0; k < slots; ++k) {
      logits.template load<In>(x[k], row, begin + k * row.span(), largest);
    }
#pragma unroll
    for (int k = 0; k < slots; ++k) {
#pragma unroll
      for (int v = 0; v < width; ++v) {
        const T from = logarithm ? x[k][v] : exponentials.exponential(x[k][v]);
        x[k][v] = Elements::template result<logarithm>(from, high, low, absent);
      }
      row.template store<Out>(x[k], 0, begin + k * row.span());
    }
  }
}

template <class In, class Out, bool logarithm, template <class> class LogitsOf>
constexpr auto softmax_kernels_of() {
  using L = LogitsOf<opmath_t<In>>;
  constexpr bool is_double = sizeof(opmath_t<In>) == sizeof(double);
  constexpr int few = few_elements(is_double), many = many_elements(is_double);
  return RowKernels<L::operands, typename L::How>{
      softmax_in_registers<In, Out, logarithm, few, LogitsOf>,
      softmax_in_registers<In, Out, logarithm, many, LogitsOf>,
      softmax_online<In, Out, logarithm, many / 2, LogitsOf>};
}

// A mask has no part in how the rows are computed: out and x decide that.
template <template <class> class LogitsOf, class How>
cudaError_t launch_softmax(const Rows& rows, Normalization normalization, const How& how,
                           cudaStream_t stream) {
  return dispatch_pair(
      rows.operands[1].storage, rows.operands[0].storage, [&]<class In, class Out>() {
        const auto kernels = normalization == Normalization::log_softmax
                                 ? softmax_kernels_of<In, Out, true, LogitsOf>()
                                 : softmax_kernels_of<In, Out, false, LogitsOf>();
        return launch_rows(kernels, common_width<In, Out>, rows, how, stream, /*planned=*/2);
      });
}

}  // namespace act::cuda
