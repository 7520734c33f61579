// Scales, sums and normalizers of the rows that are computed together, as arrays for the vectors.
#pragma once

#include <act/softmax_elements.h>

#include "row_sums.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

using namespace act::normalization;

// Calls run.operator()<rows>(): arithmetic in vectors for `rows` rows, of which there are `count`.
// A single row, or the few long ones of a group, are no reason to compute all lanes.
inline constexpr int few_rows = 4;
template <int width, class Run>
void for_rows(std::int64_t count, Run run) {
  count <= few_rows ? run.template operator()<few_rows>() : run.template operator()<width>();
}

// The scales of rows that are computed together.
template <class T, int width>
struct Scales {
  alignas(64) T shift[width], floor[width], exponent[width], to_power[width];
  alignas(64) T top[width], top_low[width];

  template <int rows = width>
  void set(const T* largest) {
    for (int r = 0; r < rows; ++r) {
      const Scale<T> scale = scale_for(largest[r]);
      shift[r] = scale.shift;
      floor[r] = scale.floor;
      exponent[r] = scale.exponent;
      to_power[r] = scale.to_power;
      top[r] = scale.top;
      if constexpr (sizeof(T) == sizeof(double)) top_low[r] = scale.top_low;
    }
  }
  Scale<T> get(int r) const {
    const T low = sizeof(T) == sizeof(double) ? top_low[r] : T(0);
    return {shift[r], floor[r], exponent[r], to_power[r], top[r], low};
  }
};

// Whether the rest could not be had from the sum itself with digits to spare: a sum kept in double
// has 29 more than a float result asks for, one kept in float 13 more than half precision does. Of
// doubles the largest are always kept apart.
template <class T, class Accumulator>
ACT_HOST_DEVICE bool is_dominated(double sum, T top) {
  constexpr double enough = sizeof(Accumulator) == sizeof(double) ? 1 + 0x1p-20 : 1 + 0x1p-3;
  return sum < double(top) * enough;
}

// The sums of rows that are computed together.
template <int width>
struct RowSums {
  alignas(64) double largest[width], shift[width], exponent[width], top[width], top_low[width];
  alignas(64) double sum[width], low[width], tops[width];

  template <int rows = width, class T>
  void set(const T* row_largest, const Scales<T, width>& scales, const double* row_sum_of,
           const double* row_low, const T* row_tops) {
    for (int r = 0; r < rows; ++r) {
      const double low_of = sizeof(T) == sizeof(double) ? row_low[r] : 0.0;
      put(r, row_sum(row_largest[r], scales.get(r), row_sum_of[r], low_of, double(row_tops[r])));
    }
  }
  RowSum get(int r) const {
    return {largest[r], shift[r], exponent[r], top[r], top_low[r], sum[r], low[r], tops[r]};
  }
  void put(int r, const RowSum& row) {
    largest[r] = row.largest;
    shift[r] = row.shift;
    exponent[r] = row.exponent;
    top[r] = row.top;
    top_low[r] = row.top_low;
    sum[r] = row.sum;
    low[r] = row.low;
    tops[r] = row.tops;
  }
  void merge(const RowSums& block, std::int64_t rows) {
    for (int r = 0; r < rows; ++r) put(r, merged(get(r), block.get(r)));
  }
};

template <class T, int width>
struct Normalizers {
  alignas(64) T high[width], low[width], absent[width];

  template <bool logarithm, class Elements, int rows = width>
  void set(const RowSums<width>& sums, [[maybe_unused]] bool empty_is_nan) {
    for (int r = 0; r < rows; ++r) {
      const Normalizer<T> row = normalizer<logarithm, T>(sums.get(r));
      high[r] = row.high;
      low[r] = row.low;
    }
    if constexpr (!Elements::all) {
      for (int r = 0; r < rows; ++r) {
        absent[r] = absent_result<logarithm, T>(sums.get(r), empty_is_nan);
      }
    }
  }
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
