// One forward or backward of the softmax family over rows, whichever elements take part.
#pragma once

#include "row_walk.h"
#include "softmax_panels.h"
#include "softmax_panels_backward.h"
#include "softmax_rows.h"
#include "softmax_rows_backward.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T, class Accumulator, bool logarithm, class RowInput, class PanelInput,
          class HowRead>
void softmax_as(const Rows& rows, const HowRead& how, std::int64_t begin, std::int64_t end) {
  constexpr int operands = RowInput::operands;
  if (side_by_side(rows, 2)) {
    PanelSoftmax<T, Accumulator, logarithm, PanelInput> panel(rows, how);
    const auto run = [&](int count) { panel.run(count); };
    if constexpr (operands == 3) {
      each_panel<T, 3>(rows, begin, end, {&panel.out, &panel.in.x, &panel.in.mask}, run);
    } else {
      each_panel<T, 2>(rows, begin, end, {&panel.out, &panel.in.x}, run);
    }
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
    PanelSoftmaxBackward<T, Accumulator, logarithm, Elements> panel(rows, factor);
    return each_panel<T, 3>(rows, begin, end, {&panel.out, &panel.g_in, &panel.y_in},
                            [&](int count) { panel.run(count); });
  }
  RowSoftmaxBackward<T, Accumulator, logarithm, Elements> backward(rows, factor);
  each_group<3>(rows, begin, end, [&](const RowData<3>& data, std::int64_t count) {
    rows.size <= row_block ? backward.group(data[0], data[1], data[2], count)
                           : backward.single(data[0][0], data[1][0], data[2][0]);
  });
  if (rows.stream) finish_streaming();
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
