// The gradients of the softmax family with rows side by side: the same arithmetic as in
// softmax_rows_backward.h, a lane for each row.
#pragma once

#include "softmax_rows_backward.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T, class Accumulator, bool logarithm, int width, class Elements>
class PanelSoftmaxBackward {
 public:
  PanelSoftmaxBackward(const Rows& rows, T factor)
      : out(rows, 0),
        g_in(rows, 1),
        y_in(rows, 2),
        size_(rows.size),
        factor_(factor),
        from_memory_(is_from_memory(rows)) {}

  PanelOperand<T, width> out;
  PanelOperand<T, width> g_in;
  PanelOperand<T, width> y_in;

  void run(int count) {
    const std::int64_t elements = size_ < held_elements ? size_ : held_elements;
    clear_missing_lanes<width>(g_, elements, count);
    clear_missing_lanes<width>(y_, elements, count);
    // What comes from the caches where it lies is not worth copying.
    const bool copied = from_memory_ || !g_in.direct() || !y_in.direct();
    held_ = copied && size_ <= held_elements;
    for (int r = 0; r < width; ++r) total_[r] = 0;
    for (std::int64_t begin = 0; begin < size_; begin += row_block) {
      const std::int64_t end = size_ - begin < row_block ? size_ : begin + row_block;
      partial_.clear();
      for (std::int64_t i = begin; i < end; i += strip) {
        const std::int64_t part = end - i < strip ? end - i : strip;
        const PanelView<const T> g = read(g_in, g_, i, part, /*first=*/true);
        if constexpr (!Elements::all) {
          const PanelView<const T> y = read(y_in, y_, i, part, /*first=*/true);
          partial_.add(part, [&](std::int64_t k, int r) {
            return present_term<logarithm>(partial_.widened(g.data + k * g.step + r),
                                           partial_.widened(y.data + k * y.step + r));
          });
        } else if constexpr (logarithm) {
          partial_.add(part, [&](std::int64_t k, int r) {
            return partial_.widened(g.data + k * g.step + r);
          });
        } else {
          const PanelView<const T> y = read(y_in, y_, i, part, /*first=*/true);
          partial_.add(part, [&](std::int64_t k, int r) {
            return partial_.widened(g.data + k * g.step + r) *
                   partial_.widened(y.data + k * y.step + r);
          });
        }
      }
      partial_.finish(sum_);
      for (int r = 0; r < width; ++r) total_[r] += sum_[r];
    }
    for (int r = 0; r < width; ++r) {
      high_[r] = T(total_[r]);
      low_[r] = T(total_[r] - double(high_[r]));
    }

    const bool in_place = out.direct();
    for (std::int64_t i = 0; i < size_; i += strip) {
      const std::int64_t part = size_ - i < strip ? size_ - i : strip;
      const PanelView<const T> g = read(g_in, g_, i, part);
      const PanelView<const T> y = read(y_in, y_, i, part, /*first=*/logarithm && Elements::all);
      if (in_place) out.prefetch_next(i, part);
      const PanelView<T> to = in_place ? PanelView<T>{out.pointer(i), out.pointer_step()}
                                       : PanelView<T>{results_, width};
      if (logarithm && !are_usual(y, part)) {
        gradients<false>(to, g, y, part);
      } else {
        gradients<true>(to, g, y, part);
      }
      if (!in_place) out.store(results_, i, part);
    }
  }

 private:
  template <bool usual>
  void gradients(PanelView<T> to, PanelView<const T> g, PanelView<const T> y,
                 std::int64_t part) const {
    for (std::int64_t k = 0; k < part; ++k) {
      const T* grad = g.data + k * g.step;
      const T* output = y.data + k * y.step;
      T* grad_input = to.data + k * to.step;
#pragma GCC ivdep
      for (int r = 0; r < width; ++r) {
        grad_input[r] =
            logarithm ? Elements::template log_softmax_gradient<usual>(grad[r], output[r],
                                                                       -high_[r], factor_)
                      : Elements::softmax_gradient(grad[r], output[r], high_[r], low_[r], factor_);
      }
    }
  }

  static bool are_usual(PanelView<const T> y, std::int64_t part) {
    for (std::int64_t k = 0; k < part; ++k) {
      if (maximum(y.data + k * y.step, width) > largest_usual_output<T>) return false;
    }
    return true;
  }

  static constexpr std::int64_t held_elements = 32768 / (width * std::int64_t{sizeof(T)});

  PanelView<const T> read(const PanelOperand<T, width>& operand, T* block, std::int64_t i,
                          std::int64_t part, bool first = false) const {
    if (!held_ && operand.direct()) return {operand.pointer(i), operand.pointer_step()};
    T* to = held_ ? block + i * width : block;
    if (first || !held_) operand.load(to, i, part);
    return {to, width};
  }

  std::int64_t size_;
  T factor_;
  bool from_memory_;
  PanelSums<T, Accumulator, width> partial_;
  alignas(64) double sum_[width], total_[width];
  alignas(64) T high_[width], low_[width];
  bool held_ = false;
  alignas(64) T results_[strip * width];
  alignas(64) T g_[held_elements * width];
  alignas(64) T y_[held_elements * width];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
