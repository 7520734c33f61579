// The softmax family along a dimension of size 1: each element is a row by itself, and its result
// the element's own. The same arithmetic as in softmax_panels.h and softmax_panels_backward.h, with
// nothing to reduce; a row of `Rows` only says in which order the elements are walked.
#pragma once

#include "row_walk.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Calls walk(first, size) for each strip of each panel of `width` rows, and clear(size, count)
// before where a panel has fewer rows.
template <int width, int operands, class Clear, class Walk>
void each_strip_of_panels(const Rows& rows, std::int64_t begin, std::int64_t end,
                          PanelRuns<width>* const (&panel)[operands], Clear clear, Walk walk) {
  each_panel<width, operands>(rows, begin, end, panel, [&](int count) {
    clear(rows.size < strip ? rows.size : strip, count);
    for (std::int64_t i = 0; i < rows.size; i += strip) {
      walk(i, rows.size - i < strip ? rows.size - i : strip);
    }
  });
  if (rows.stream) finish_streaming();
}

// 1, or for log_softmax -0; NaN where x is not finite.
template <class T>
void softmax_of_single(const Rows& rows, Normalization normalization, std::int64_t begin,
                       std::int64_t end) {
  constexpr int width = wide_panel<T>;
  PanelOperand<T, width> out(rows, 0), in(rows, 1);
  alignas(64) T x[strip * width];
  each_strip_of_panels<width, 2>(
      rows, begin, end, {&out, &in},
      [&](std::int64_t size, int count) { clear_missing_lanes<width>(x, size, count); },
      [&](std::int64_t first, std::int64_t size) {
        in.load(x, first, size);
        if (normalization == Normalization::log_softmax) {
          for (std::int64_t i = 0; i < size * width; ++i) x[i] = -(x[i] - x[i]);
        } else {
          for (std::int64_t i = 0; i < size * width; ++i) x[i] = T(1) + (x[i] - x[i]);
        }
        out.store(x, first, size);
      });
}

template <class T, class Accumulator, bool logarithm>
void softmax_backward_of_single(const Rows& rows, T sign, std::int64_t begin, std::int64_t end) {
  constexpr int width = wide_panel<T>;
  PanelOperand<T, width> out(rows, 0), g_in(rows, 1), y_in(rows, 2);
  alignas(64) T g[strip * width], y[strip * width];
  each_strip_of_panels<width, 3>(
      rows, begin, end, {&out, &g_in, &y_in},
      [&](std::int64_t size, int count) {
        clear_missing_lanes<width>(g, size, count);
        clear_missing_lanes<width>(y, size, count);
      },
      [&](std::int64_t first, std::int64_t size) {
        g_in.load(g, first, size);
        y_in.load(y, first, size);
        const auto run = [&]<bool usual>(T* grad, const T* output, std::int64_t elements) {
#pragma GCC ivdep
          for (std::int64_t i = 0; i < elements; ++i) {
            if constexpr (logarithm) {
              const T sum = T(0) + grad[i];
              grad[i] = log_softmax_gradient<usual>(grad[i], output[i], -sum);
            } else {
              // A sum begins with 0, which takes the sign of a product -0.
              const double sum =
                  double(Accumulator(0) + Accumulator(grad[i]) * Accumulator(output[i]));
              const T high = T(sum), low = T(sum - double(high));
              grad[i] = normalization::softmax_gradient(grad[i], output[i], high, low, sign);
            }
          }
        };
        if (logarithm && maximum(y, size * width) > largest_usual_output<T>) {
          run.template operator()<false>(g, y, size * width);
        } else {
          run.template operator()<true>(g, y, size * width);
        }
        out.store(g, first, size);
      });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
