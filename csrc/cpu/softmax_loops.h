// The softmax family for all layouts and dtypes: included once for each instruction set.
#pragma once

#include "softmax_panels.h"
#include "softmax_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Rows are computed side by side where their neighbours are nearer in memory than their own next elements,
// and where they are too short for vectors along them.
inline bool side_by_side(const Rows& rows, int operands) {
  if (rows.dims == 0) return false;
  constexpr std::int64_t short_row = 16;
  std::int64_t count = 1;
  for (int d = 0; d < rows.dims; ++d) count *= rows.sizes[d];
  if (count < 8) return false;
  bool along = true;
  std::int64_t step = 0, neighbour = 0;
  for (int k = 0; k < operands; ++k) {
    const Rows::Operand& operand = rows.operands[k];
    along &= operand.step == element_bytes(operand.storage);
    step += operand.step;
    neighbour += operand.strides[0];
  }
  if (rows.size < short_row) return true;
  return !along && neighbour < step;
}

inline std::int64_t panel_width(Storage storage) {
  return storage == Storage::float64 ? panel_rows<double> : panel_rows<float>;
}

inline std::int64_t granularity(const Rows& rows, int operands) {
  return side_by_side(rows, operands) ? panel_width(rows.operands[1].storage) : 1;
}

inline bool is_half(Storage storage) {
  return storage == Storage::bfloat16 || storage == Storage::float16;
}

// Calls run.operator()<T, Accumulator>(). Sums of floats are kept in double, but for results of half
// precision: there float, with its blocks summed in double, has digits to spare.
template <class Run>
void dispatch_arithmetic(Storage input, bool half_result, Run run) {
  if (input == Storage::float64) {
    run.template operator()<double, double>();
  } else if (half_result) {
    run.template operator()<float, float>();
  } else {
    run.template operator()<float, double>();
  }
}

// Calls run(count, begins) for each panel, begins[k] being where its rows begin in operand k.
template <int operands, class T, class Run>
void each_panel(const Rows& rows, std::int64_t begin, std::int64_t end, Run run) {
  RowCounter counter(rows, operands, begin);
  char* begins[operands][panel_rows<T>];
  for (std::int64_t row = begin; row < end; row += panel_rows<T>) {
    const std::int64_t count = end - row < panel_rows<T> ? end - row : panel_rows<T>;
    for (std::int64_t r = 0; r < count; ++r, counter.next()) {
      for (int k = 0; k < operands; ++k) begins[k][r] = counter.data(k);
    }
    run(count, begins);
  }
}

inline void softmax(const Rows& rows, Normalization normalization, bool negate, std::int64_t begin,
                    std::int64_t end) {
  const bool logarithm = normalization == Normalization::log_softmax;
  const auto& [out, in, unused] = rows.operands;
  dispatch_arithmetic(in.storage, is_half(out.storage), [&]<class T, class Accumulator>() {
    if (side_by_side(rows, 2)) {
      each_panel<2, T>(rows, begin, end, [&](std::int64_t count, auto& begins) {
        softmax_panel<T, Accumulator>(rows, logarithm, negate, {rows.operands[0], begins[0], count},
                                      {rows.operands[1], begins[1], count}, count);
      });
      return;
    }
    RowCounter counter(rows, 2, begin);
    for (std::int64_t row = begin; row < end; ++row, counter.next()) {
      softmax_row<T, Accumulator>(rows, logarithm, negate, counter.data(0), counter.data(1));
    }
  });
}

inline void softmax_backward(const Rows& rows, Normalization normalization, bool negate,
                             std::int64_t begin, std::int64_t end) {
  const bool logarithm = normalization == Normalization::log_softmax;
  const Storage grad = rows.operands[1].storage;
  dispatch_arithmetic(grad, is_half(grad), [&]<class T, class Accumulator>() {
    if (side_by_side(rows, 3)) {
      each_panel<3, T>(rows, begin, end, [&](std::int64_t count, auto& begins) {
        softmax_backward_panel<T, Accumulator>(rows, logarithm, negate,
                                               {rows.operands[0], begins[0], count},
                                               {rows.operands[1], begins[1], count},
                                               {rows.operands[2], begins[2], count});
      });
      return;
    }
    RowCounter counter(rows, 3, begin);
    for (std::int64_t row = begin; row < end; ++row, counter.next()) {
      softmax_backward_row<T, Accumulator>(rows, logarithm, negate, counter.data(0), counter.data(1),
                                           counter.data(2));
    }
  });
}

extern const SoftmaxKernels softmax_kernels{softmax, softmax_backward, granularity};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
