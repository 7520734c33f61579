// The softmax family for all layouts and dtypes: included once for each instruction set.
#pragma once

#include "softmax_panels.h"
#include "softmax_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Rows are computed side by side where their neighbours are nearer in memory than their own next
// elements, and where they are too short for vectors along them.
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

// Calls run.operator()<T, Accumulator>(). Sums of floats are kept in double, but for results of
// half precision: there float, with its blocks summed in double, has digits to spare.
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

// Runs `panel` over rows begin … end - 1, filling the given operands of it for each panel.
template <class T, int operands, class Panel>
void each_panel(const Rows& rows, std::int64_t begin, std::int64_t end,
                PanelOperand<T>* const (&panel)[operands], Panel run) {
  RowCounter counter(rows, operands, begin);
  while (begin < end) {
    for (PanelOperand<T>* operand : panel) operand->clear();
    int count = 0;
    while (count < panel_rows<T> && begin + count < end) {
      std::int64_t rows_of_run = panel_rows<T> - count;
      if (counter.run() < rows_of_run) rows_of_run = counter.run();
      if (end - begin - count < rows_of_run) rows_of_run = end - begin - count;
      for (int k = 0; k < operands; ++k) {
        panel[k]->add_run(counter.data(k), rows.dims == 0 ? 0 : rows.operands[k].strides[0],
                          static_cast<int>(rows_of_run));
      }
      counter.advance(rows_of_run);
      count += static_cast<int>(rows_of_run);
    }
    run(count);
    begin += count;
  }
}

// Runs over rows begin … end - 1 in groups: run(data, count), data[k][r] being where row r begins
// in operand k.
template <int operands, class Run>
void each_group(const Rows& rows, std::int64_t begin, std::int64_t end, Run run) {
  RowCounter counter(rows, operands, begin);
  const std::int64_t group = rows_in_group(rows.size);
  while (begin < end) {
    char* data[operands][row_group];
    const std::int64_t count = end - begin < group ? end - begin : group;
    for (std::int64_t r = 0; r < count; ++r, counter.advance(1)) {
      for (int k = 0; k < operands; ++k) data[k][r] = counter.data(k);
    }
    run(data, count);
    begin += count;
  }
}

template <class T, class Accumulator, bool logarithm>
void softmax_as(const Rows& rows, bool negate, std::int64_t begin, std::int64_t end) {
  if (side_by_side(rows, 2)) {
    PanelSoftmax<T, Accumulator, logarithm> panel(rows, negate);
    return each_panel<T, 2>(rows, begin, end, {&panel.out, &panel.in},
                            [&](int count) { panel.run(count); });
  }
  RowSoftmax<T, Accumulator, logarithm> softmax(rows, negate);
  each_group<2>(rows, begin, end, [&](char* const(&data)[2][row_group], std::int64_t count) {
    rows.size <= row_block ? softmax.group(data[0], data[1], count)
                           : softmax.single(data[0][0], data[1][0]);
  });
}

template <class T, class Accumulator, bool logarithm>
void softmax_backward_as(const Rows& rows, bool negate, std::int64_t begin, std::int64_t end) {
  if (side_by_side(rows, 3)) {
    PanelSoftmaxBackward<T, Accumulator, logarithm> panel(rows, negate);
    return each_panel<T, 3>(rows, begin, end, {&panel.out, &panel.g_in, &panel.y_in},
                            [&](int count) { panel.run(count); });
  }
  RowSoftmaxBackward<T, Accumulator, logarithm> backward(rows, negate);
  each_group<3>(rows, begin, end, [&](char* const(&data)[3][row_group], std::int64_t count) {
    rows.size <= row_block ? backward.group(data[0], data[1], data[2], count)
                           : backward.single(data[0][0], data[1][0], data[2][0]);
  });
  if (rows.stream) finish_streaming();
}

inline void softmax(const Rows& rows, Normalization normalization, bool negate, std::int64_t begin,
                    std::int64_t end) {
  dispatch_arithmetic(rows.operands[1].storage, is_half(rows.operands[0].storage),
                      [&]<class T, class Accumulator>() {
                        normalization == Normalization::log_softmax
                            ? softmax_as<T, Accumulator, true>(rows, negate, begin, end)
                            : softmax_as<T, Accumulator, false>(rows, negate, begin, end);
                      });
}

inline void softmax_backward(const Rows& rows, Normalization normalization, bool negate,
                             std::int64_t begin, std::int64_t end) {
  const Storage grad = rows.operands[1].storage;
  dispatch_arithmetic(grad, is_half(grad), [&]<class T, class Accumulator>() {
    normalization == Normalization::log_softmax
        ? softmax_backward_as<T, Accumulator, true>(rows, negate, begin, end)
        : softmax_backward_as<T, Accumulator, false>(rows, negate, begin, end);
  });
}

extern const SoftmaxKernels softmax_kernels{softmax, softmax_backward, granularity};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
