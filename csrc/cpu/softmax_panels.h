// The softmax family with rows side by side: the same arithmetic as in softmax_rows.h, a lane for
// each row.
#pragma once

#include <act/softmax_gradient.h>

#include "row_panel.h"
#include "softmax_scale.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

static_assert(strip % partial_sums == 0 && row_block % strip == 0);

// Lanes beyond the panel's rows are computed like the others, from zeros: whatever else the block
// holds could be a NaN, or a subnormal number, which is slow. Only as much as `size` elements of
// the rows fill: to clear 64 KiB takes longer than a small tensor's softmax.
template <class T>
void clear_missing_lanes(T* block, std::int64_t size, std::int64_t held_elements, int count) {
  constexpr int width = panel_rows<T>;
  if (count == width) return;
  const std::int64_t elements = size < held_elements ? size : held_elements;
  for (std::int64_t k = 0; k < elements * width; ++k) block[k] = T(0);
}

template <class T, class Accumulator, bool logarithm>
class PanelSoftmax {
 public:
  static constexpr int width = panel_rows<T>;

  PanelSoftmax(const Rows& rows, bool negate)
      : out(rows.operands[0]), in(rows.operands[1]), size_(rows.size), negate_(negate) {}

  PanelOperand<T> out;
  PanelOperand<T> in;

  void run(int count) {
    clear_missing_lanes(block_, size_, held_elements, count);
    // A panel that fits a buffer is read from memory once. Its rows often lie a power of two apart,
    // where caches cannot hold them all. Otherwise exponentials stay where the result goes, if that
    // can hold them; else they are computed once more.
    held_ = size_ <= held_elements;
    const bool in_place = out.direct();
    const bool kept = !logarithm && (held_ || (in_place && size_ <= row_block));

    for (std::int64_t begin = 0; begin < size_; begin += row_block) {
      const std::int64_t end = size_ - begin < row_block ? size_ : begin + row_block;
      sum_up(begin, end, kept, in_place);
      if (begin == 0) {
        total_ = sums_;
      } else {
        total_.merge(sums_, count);
      }
    }
    normalizers_.template set<logarithm>(total_);
    if (size_ > row_block) {
      for (int r = 0; r < width; ++r) largest_[r] = r < count ? T(total_.largest[r]) : T(0);
      scales_.set(largest_);
    }

    each_strip(0, size_, [&](std::int64_t i, std::int64_t part) {
      if (in_place) out.prefetch_next(i, part);
      const PanelView<T> to = in_place ? PanelView<T>{out.pointer(i), out.pointer_step()}
                                       : PanelView<T>{results_, width};
      if constexpr (logarithm) {
        const PanelView<const T> x = read(i, part);
        for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
          for (int r = 0; r < width; ++r) {
            to.data[k * to.step + r] =
                log_normalized(x.data[k * x.step + r], normalizers_.high[r], normalizers_.low[r]);
          }
        }
      } else {
        const PanelView<T> e = kept ? kept_view(i, in_place) : to;
        if (!kept) exps(e, read(i, part), part);
        for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
          for (int r = 0; r < width; ++r) {
            to.data[k * to.step + r] =
                normalized(e.data[k * e.step + r], normalizers_.high[r], normalizers_.low[r]);
          }
        }
      }
      if (!in_place) out.store(results_, i, part);
    });
  }

 private:
  static constexpr std::int64_t held_elements = 256;

  template <class Run>
  ACT_HOST_DEVICE static void each_strip(std::int64_t begin, std::int64_t end, Run run) {
    for (std::int64_t i = begin; i < end; i += strip) run(i, end - i < strip ? end - i : strip);
  }

  PanelView<T> kept_view(std::int64_t i, bool in_place) {
    if (in_place && !held_) return {out.pointer(i), out.pointer_step()};
    return {block_ + i * width, width};
  }

  PanelView<const T> read(std::int64_t i, std::int64_t part, bool first = false) {
    if (!held_ && in.direct() && !negate_) return {in.pointer(i), in.pointer_step()};
    T* x = held_ ? block_ + i * width : block_;
    if (first || !held_) {
      in.load(x, i, part);
      if (negate_) {
        for (std::int64_t k = 0; k < part * width; ++k) x[k] = -x[k];
      }
    }
    return {x, width};
  }

  void exps(PanelView<T> e, PanelView<const T> x, std::int64_t part) {
    for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
      for (int r = 0; r < width; ++r) {
        e.data[k * e.step + r] = scaled_exp(x.data[k * x.step + r], scales_.shift[r],
                                            scales_.floor[r], scales_.to_power[r]);
      }
    }
  }

  // Takes the exponentials that equal the largest ones of their rows out and counts them.
  void take_tops(PanelView<T> e, std::int64_t part) {
    for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
      for (int r = 0; r < width; ++r) {
        T& value = e.data[k * e.step + r];
        const bool is_top = value == scales_.top[r];
        tops_[r] += is_top ? T(1) : T(0);
        value = is_top ? T(0) : value;
      }
    }
  }

  void sum_up(std::int64_t begin, std::int64_t end, bool kept, bool in_place) {
    for (int r = 0; r < width; ++r) {
      largest_[r] = -T(__builtin_huge_val());
      tops_[r] = T(0);
    }
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      const PanelView<const T> x = read(i, part, /*first=*/true);
      for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
        for (int r = 0; r < width; ++r) {
          const T value = x.data[k * x.step + r];
          largest_[r] = value > largest_[r] ? value : largest_[r];
        }
      }
    });
    scales_.set(largest_);
    partial_.clear();
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      const PanelView<T> e = kept ? kept_view(i, in_place) : PanelView<T>{results_, width};
      exps(e, read(i, part), part);
      partial_.template add<true>(
          part, [&](std::int64_t k, int r) { return partial_.widened(e.data + k * e.step + r); });
    });
    partial_.template finish<true>(sum_);
    if constexpr (logarithm) sum_without_tops(begin, end);
    sums_.set(largest_, scales_, sum_, tops_);
  }

  // The sums of the dominated rows once more, without their largest exponentials.
  void sum_without_tops(std::int64_t begin, std::int64_t end) {
    bool any = false;
    for (int r = 0; r < width; ++r) any |= is_dominated<T, Accumulator>(sum_[r], scales_.top[r]);
    if (!any) return;
    partial_.clear();
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      const PanelView<T> e{results_, width};
      exps(e, read(i, part), part);
      take_tops(e, part);
      partial_.template add<true>(
          part, [&](std::int64_t k, int r) { return partial_.widened(e.data + k * e.step + r); });
    });
    alignas(64) double rest[width];
    partial_.template finish<true>(rest);
    for (int r = 0; r < width; ++r) {
      const bool apart = is_dominated<T, Accumulator>(sum_[r], scales_.top[r]);
      sum_[r] = apart ? rest[r] : sum_[r];
      tops_[r] = apart ? tops_[r] : T(0);
    }
  }

  std::int64_t size_;
  bool negate_;
  PanelSums<T, Accumulator> partial_;
  Scales<T, width> scales_;
  RowSums<width> sums_, total_;
  Normalizers<T, width> normalizers_;
  alignas(64) T largest_[width], tops_[width];
  alignas(64) double sum_[width];
  bool held_ = false;
  alignas(64) T results_[strip * width];
  alignas(64) T block_[held_elements * width];
};

template <class T, class Accumulator, bool logarithm>
class PanelSoftmaxBackward {
 public:
  static constexpr int width = panel_rows<T>;

  PanelSoftmaxBackward(const Rows& rows, bool negate)
      : out(rows.operands[0]),
        g_in(rows.operands[1]),
        y_in(rows.operands[2]),
        size_(rows.size),
        sign_(negate ? T(-1) : T(1)) {}

  PanelOperand<T> out;
  PanelOperand<T> g_in;
  PanelOperand<T> y_in;

  void run(int count) {
    clear_missing_lanes(g_, size_, held_elements, count);
    clear_missing_lanes(y_, size_, held_elements, count);
    held_ = size_ <= held_elements;
    for (int r = 0; r < width; ++r) total_[r] = 0;
    for (std::int64_t begin = 0; begin < size_; begin += row_block) {
      const std::int64_t end = size_ - begin < row_block ? size_ : begin + row_block;
      partial_.clear();
      for (std::int64_t i = begin; i < end; i += strip) {
        const std::int64_t part = end - i < strip ? end - i : strip;
        const PanelView<const T> g = read(g_in, g_, i, part, /*first=*/true);
        if constexpr (logarithm) {
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
      const PanelView<const T> y = read(y_in, y_, i, part, /*first=*/logarithm);
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
        grad_input[r] = logarithm ? log_softmax_gradient<usual>(grad[r], output[r], -high_[r])
                                  : softmax_gradient(grad[r], output[r], high_[r], low_[r], sign_);
      }
    }
  }

  static bool are_usual(PanelView<const T> y, std::int64_t part) {
    for (std::int64_t k = 0; k < part; ++k) {
      if (maximum(y.data + k * y.step, width) > largest_usual_output<T>) return false;
    }
    return true;
  }

  static constexpr std::int64_t held_elements = 128;

  PanelView<const T> read(const PanelOperand<T>& operand, T* block, std::int64_t i,
                          std::int64_t part, bool first = false) const {
    if (!held_ && operand.direct()) return {operand.pointer(i), operand.pointer_step()};
    T* to = held_ ? block + i * width : block;
    if (first || !held_) operand.load(to, i, part);
    return {to, width};
  }

  std::int64_t size_;
  T sign_;
  PanelSums<T, Accumulator> partial_;
  alignas(64) double sum_[width], total_[width];
  alignas(64) T high_[width], low_[width];
  bool held_ = false;
  alignas(64) T results_[strip * width];
  alignas(64) T g_[held_elements * width];
  alignas(64) T y_[held_elements * width];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
