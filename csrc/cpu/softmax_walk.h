// One forward or backward of the softmax family over rows, whichever elements take part.
#pragma once

#include "row_walk.h"
#include "softmax_panels.h"
#include "softmax_panels_backward.h"
#include "softmax_rows.h"
#include "softmax_rows_backward.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Calls run.operator()<width>() with the width of the panels.
template <class T, class Elements, class Run>
void with_panel_width(const Rows& rows, Run run) {
  const std::int64_t width = panel_width<T, Elements>(rows);
  if constexpr (Elements::all) {
    if (width == wide_panel<T>) return run.template operator()<wide_panel<T>>();
    if (width == tall_panel<T>) return run.template operator()<tall_panel<T>>();
  }
  run.template operator()<narrow_panel<T>>();
}

template <class T, class Accumulator, bool logarithm, class RowInput,
          template <class, int> class PanelInput, class HowRead>
void softmax_as(const Rows& rows, const HowRead& how, std::int64_t begin, std::int64_t end) {
  constexpr int operands = RowInput::operands;
  if (side_by_side(rows, 2)) {
    with_panel_width<T, typename RowInput::Elements>(rows, [&]<int width>() {
      PanelSoftmax<T, Accumulator, logarithm, width, PanelInput<T, width>> panel(rows, how);
      const auto run = [&](int count) { panel.run(count); };
      if constexpr (operands == 3) {
        each_panel<width, 3>(rows, begin, end, {&panel.out, &panel.in.x, &panel.in.mask}, run);
      } else {
        each_panel<width, 2>(rows, begin, end, {&panel.out, &panel.in.x}, run);
      }
    });
    if (rows.stream) finish_streaming();
    return;
  }
  RowSoftmax<T, Accumulator, logarithm, RowInput> softmax(rows, how);
  each_group<operands>(rows, begin, end, [&](const RowData<operands>& data, std::int64_t count) {
    rows.size <= row_block ? softmax.group(data, count) : softmax.single(data);
  });
}

template <class T, class Accumulator, bool logarithm, class Elements>
void softmax_backward_as(const Rows& rows, T factor, std::int64_t begin, std::int64_t end) {
  if (side_by_side(rows, 3)) {
    with_panel_width<T, Elements>(rows, [&]<int width>() {
      PanelSoftmaxBackward<T, Accumulator, logarithm, width, Elements> panel(rows, factor);
      each_panel<width, 3>(rows, begin, end, {&panel.out, &panel.g_in, &panel.y_in},
                           [&](int count) { panel.run(count); });
    });
    if (rows.stream) finish_streaming();
    return;
  }
  RowSoftmaxBackward<T, Accumulator, logarithm, Elements> backward(rows, factor);
  each_group<3>(rows, begin, end, [&](const RowData<3>& data, std::int64_t count) {
    rows.size <= row_block ? backward.group(data[0], data[1], data[2], count)
                           : backward.single(data[0][0], data[1][0], data[2][0]);
  });
  if (rows.stream) finish_streaming();
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
