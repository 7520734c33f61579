// Rows in the order in which the softmax family computes them: in groups with vectors along the
// rows, or in panels side by side.
#pragma once

#include "far_block.h"
#include "logit_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr std::int64_t short_row = 16;

// Rows are computed side by side where they are too short for vectors along them, and where not all
// operands are dense along them, unless their neighbours are further away in memory than their own
// next elements: but an operand that is dense the one way or the other is turned on its way.
inline bool side_by_side(const Rows& rows, int operands) {
  if (rows.dims == 0) return false;
  std::int64_t count = 1;
  for (int d = 0; d < rows.dims; ++d) count *= rows.sizes[d];
  if (count < 8) return false;
  bool along = true, turned = true;
  std::int64_t step = 0, neighbour = 0;
  for (int k = 0; k < operands; ++k) {
    const Rows::Operand& operand = rows.operands[k];
    const std::int64_t bytes = element_bytes(operand.storage);
    along &= operand.step == bytes;
    turned &= operand.step == bytes || operand.strides[0] == bytes;
    step += operand.step;
    neighbour += operand.strides[0];
  }
  if (rows.size < short_row) return true;
  return !along && (turned || neighbour < step);
}

// The width of the panels of rows side by side: the largest one of which a panel can be kept in a
// cache. Rows with absent elements are copied before they are computed, and gain nothing by longer
// runs; nor do short rows that come from memory.
template <class T, class Elements>
std::int64_t panel_width(const Rows& rows) {
  if constexpr (Elements::all) {
    const bool from_memory = is_from_memory(rows);
    const bool turned = rows.operands[1].step == element_bytes(rows.operands[1].storage);
    if (from_memory && turned && rows.size > far_elements<T, narrow_panel<T>> &&
        rows.size <= far_elements<T, tall_panel<T>>) {
      return tall_panel<T>;
    }
    if (rows.sizes[0] >= wide_panel<T> && (rows.size >= short_row || !from_memory) &&
        !(from_memory && rows.size > far_elements<T, wide_panel<T>> &&
          rows.size <= far_elements<T, narrow_panel<T>>)) {
      return wide_panel<T>;
    }
  }
  return narrow_panel<T>;
}

template <class Elements>
std::int64_t granularity(const Rows& rows, int operands) {
  if (rows.single) return wide_panel<float>;
  if (!side_by_side(rows, operands)) return 1;
  return rows.operands[1].storage == Storage::float64 ? panel_width<double, Elements>(rows)
                                                      : panel_width<float, Elements>(rows);
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
template <int width, int operands, class Panel>
void each_panel(const Rows& rows, std::int64_t begin, std::int64_t end,
                PanelRuns<width>* const (&panel)[operands], Panel run) {
  RowCounter counter(rows, operands, begin);
  while (begin < end) {
    for (PanelRuns<width>* operand : panel) operand->clear();
    int count = 0;
    while (count < width && begin + count < end) {
      std::int64_t rows_of_run = width - count;
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
    RowData<operands> data;
    const std::int64_t count = end - begin < group ? end - begin : group;
    for (std::int64_t r = 0; r < count; ++r, counter.advance(1)) {
      for (int k = 0; k < operands; ++k) data[k][r] = counter.data(k);
    }
    run(data, count);
    begin += count;
  }
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
