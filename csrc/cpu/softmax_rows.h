// The softmax family, one row after the other, each in vectors along the row.
#pragma once

#include "row_access.h"
#include "softmax_scale.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
using Count = std::conditional_t<sizeof(T) == sizeof(float), std::int32_t, std::int64_t>;

// e[i] = scaled e^x[i], with zeros up to the next multiple of 16. With `keep_tops_apart` those equal to the
// largest one are left out and counted instead.
template <bool keep_tops_apart, class T>
Count<T> scaled_exps(T* __restrict e, const T* __restrict x, std::int64_t size, const Scale<T>& scale) {
  const T shift = scale.shift, floor = scale.floor, to_power = scale.to_power, top = scale.top;
  Count<T> tops = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    e[i] = scaled_exp(x[i], shift, floor, to_power);
    if constexpr (keep_tops_apart) {
      const bool is_top = e[i] == top;
      tops += is_top ? 1 : 0;
      e[i] = is_top ? T(0) : e[i];
    }
  }
  for (std::int64_t i = size; i % partial_sums != 0; ++i) e[i] = T(0);
  return tops;
}

template <class T, class Accumulator>
RowSum sum_of_exps(T* e, const T* x, std::int64_t size, bool logarithm, Scale<T>& scale) {
  const T largest = maximum(x, size);
  scale = scale_for(largest);
  const Count<T> tops =
      logarithm ? scaled_exps<true>(e, x, size, scale) : scaled_exps<false>(e, x, size, scale);
  const std::int64_t padded = (size + partial_sums - 1) / partial_sums * partial_sums;
  return row_sum(largest, scale, double(sum<Accumulator>(e, padded)), double(tops));
}

template <class T>
void normalize(T* y, const T* e, std::int64_t size, Normalizer<T> n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) y[i] = normalized(e[i], n);
}

template <class T>
void log_normalize(T* y, const T* x, std::int64_t size, Normalizer<T> n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) y[i] = log_normalized(x[i], n);
}

// Long rows are read twice: once for the maximum and the sum of each block, merged as they come, and once
// for the result. Short ones leave their exponentials in L1.
template <class T, class Accumulator>
void softmax_row(const Rows& rows, bool logarithm, bool negate, char* to, const char* from) {
  alignas(64) T block[row_block];
  alignas(64) T e[row_block];
  const auto& [out, in, unused] = rows.operands;
  const std::int64_t size = rows.size;
  Scale<T> scale;

  if (size <= row_block) {
    const T* x = row_elements(block, in, from, size, negate);
    const RowSum row = sum_of_exps<T, Accumulator>(e, x, size, logarithm, scale);
    const Normalizer<T> n = normalizer<T>(row, logarithm);
    T* y = row_results(e, out, to);
    logarithm ? log_normalize(y, x, size, n) : normalize(y, e, size, n);
    return write_row(out, to, y, size);
  }

  RowSum row;
  for (std::int64_t i = 0; i < size; i += row_block) {
    const std::int64_t part = size - i < row_block ? size - i : row_block;
    const T* x = row_elements(block, in, from + i * in.step, part, negate);
    row = merge(row, sum_of_exps<T, Accumulator>(e, x, part, logarithm, scale));
  }
  scale = scale_for(T(row.largest));
  const Normalizer<T> n = normalizer<T>(row, logarithm);
  for (std::int64_t i = 0; i < size; i += row_block) {
    const std::int64_t part = size - i < row_block ? size - i : row_block;
    const T* x = row_elements(block, in, from + i * in.step, part, negate);
    T* y = row_results(e, out, to + i * out.step);
    if (logarithm) {
      log_normalize(y, x, part, n);
    } else {
      const T shift = scale.shift, floor = scale.floor, to_power = scale.to_power;
#pragma GCC ivdep
      for (std::int64_t k = 0; k < part; ++k) {
        y[k] = normalized(scaled_exp(x[k], shift, floor, to_power), n);
      }
    }
    write_row(out, to + i * out.step, y, part);
  }
}

// softmax: y·(g - Σ g·y), the sum in two parts, so that the difference has no error but its own rounding.
// log_softmax: g - e^y·Σ g. Negated for softmin.
template <class T>
void softmax_gradient(T* grad_input, const T* g, const T* y, std::int64_t size, double sum, bool negate) {
  const T high = T(sum), low = T(sum - double(high));
  const T sign = negate ? T(-1) : T(1);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) grad_input[i] = sign * y[i] * ((g[i] - high) - low);
}

template <class T>
void log_softmax_gradient(T* grad_input, const T* g, const T* y, std::int64_t size, double sum) {
  const T minus_sum = T(-sum);
#pragma GCC ivdep
  for (std::int64_t i = 0; i < size; ++i) {
    grad_input[i] = elementary::fma(elementary::exp(y[i]), minus_sum, g[i]);
  }
}

// The sum of a block whose length may be no multiple of 16: its end is continued with zeros.
template <class T, class Accumulator>
Accumulator gradient_sum(const T* g, const T* y, std::int64_t size, bool logarithm) {
  const std::int64_t whole = size - size % partial_sums;
  alignas(64) T g_end[partial_sums] = {}, y_end[partial_sums] = {};
  alignas(64) Accumulator partial[partial_sums];
  using V = Vectors<Accumulator, T>;
  typename V::Sum sums[V::count] = {};
  if (logarithm) {
    add(sums, g, whole);
  } else {
    add_products(sums, g, y, whole);
  }
  if (whole != size) {
    for (std::int64_t i = whole; i < size; ++i) {
      g_end[i - whole] = g[i];
      if (!logarithm) y_end[i - whole] = y[i];
    }
    logarithm ? add(sums, g_end, partial_sums) : add_products(sums, g_end, y_end, partial_sums);
  }
  __builtin_memcpy(partial, sums, sizeof(partial));
  return tree(partial);
}

template <class T, class Accumulator>
void softmax_backward_row(const Rows& rows, bool logarithm, bool negate, char* to, const char* grad,
                          const char* output) {
  alignas(64) T g_block[row_block];
  alignas(64) T y_block[row_block];
  const auto& [out, g_in, y_in] = rows.operands;
  const std::int64_t size = rows.size;
  const T* g = nullptr;
  const T* y = nullptr;
  double sum = 0;
  for (std::int64_t i = 0; i < size; i += row_block) {
    const std::int64_t part = size - i < row_block ? size - i : row_block;
    g = row_elements(g_block, g_in, grad + i * g_in.step, part);
    // log_softmax sums g alone; its output is not looked at before the second pass.
    if (!logarithm || size <= row_block) y = row_elements(y_block, y_in, output + i * y_in.step, part);
    sum += double(gradient_sum<T, Accumulator>(g, y, part, logarithm));
  }
  for (std::int64_t i = 0; i < size; i += row_block) {
    const std::int64_t part = size - i < row_block ? size - i : row_block;
    if (size > row_block) {
      g = row_elements(g_block, g_in, grad + i * g_in.step, part);
      y = row_elements(y_block, y_in, output + i * y_in.step, part);
    }
    T* results = row_results(g_block, out, to + i * out.step);
    if (logarithm) {
      log_softmax_gradient(results, g, y, part, sum);
    } else {
      softmax_gradient(results, g, y, part, sum, negate);
    }
    write_row(out, to + i * out.step, results, part);
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
