// The softmax family with rows side by side: the same arithmetic as in softmax_rows.h, a lane for
// each row.
#pragma once

#include "exponential_sums.h"
#include "far_block.h"
#include "logit_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

static_assert(strip % partial_sums == 0 && row_block % strip == 0);

template <class T, class Accumulator, bool logarithm, int width, class Input>
class PanelSoftmax {
 public:
  using Elements = typename Input::Elements;

  template <class HowRead>
  PanelSoftmax(const Rows& rows, const HowRead& how)
      : out(rows, 0),
        in(rows, how),
        size_(rows.size),
        from_memory_(is_from_memory(rows)),
        far_(size_ > held_elements && size_ <= far_elements<T, width> ? size_ * width : 0) {}

  PanelOperand<T, width> out;
  Input in;

  void run(int count) {
    // A panel that fits a buffer is read from memory once. Its rows often lie a power of two apart,
    // where caches cannot hold them all. Otherwise exponentials stay where the result goes, if that
    // can hold them; else they are computed once more.
    held_ = size_ <= held_elements ? block_ : from_memory_ || !in.direct() ? far_.data() : nullptr;
    clear_missing_lanes<width>(held_ ? held_ : block_, held_ ? size_ : strip, count);
    const bool in_place = out.direct() && !(held_ && out.streams());
    const bool kept = !logarithm && (held_ || in_place) && size_ <= row_block;

    for (std::int64_t begin = 0; begin < size_; begin += row_block) {
      const std::int64_t end = size_ - begin < row_block ? size_ : begin + row_block;
      sum_up(begin, end, kept);
      if (size_ <= row_block) break;
      if (begin == 0) {
        total_ = sums_;
      } else {
        total_.merge(sums_, count);
      }
    }
    normalizers_.template set<logarithm, Elements>(size_ <= row_block ? sums_ : total_,
                                                   in.empty_is_nan());
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
                Elements::template result<true>(x.data[k * x.step + r], normalizers_.high[r],
                                                normalizers_.low[r], normalizers_.absent[r]);
          }
        }
      } else {
        const PanelView<T> e = kept ? kept_view(i) : to;
        if (!kept) exps(e, read(i, part), part);
        for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
          for (int r = 0; r < width; ++r) {
            to.data[k * to.step + r] =
                Elements::template result<false>(e.data[k * e.step + r], normalizers_.high[r],
                                                 normalizers_.low[r], normalizers_.absent[r]);
          }
        }
      }
      if (!in_place) out.store(results_, i, part);
    });
  }

 private:
  static constexpr std::int64_t held_elements = 65536 / (width * std::int64_t{sizeof(T)});

  template <class Run>
  ACT_HOST_DEVICE static void each_strip(std::int64_t begin, std::int64_t end, Run run) {
    for (std::int64_t i = begin; i < end; i += strip) run(i, end - i < strip ? end - i : strip);
  }

  PanelView<T> kept_view(std::int64_t i) {
    if (!held_) return {out.pointer(i), out.pointer_step()};
    return {held_ + i * width, width};
  }

  PanelView<const T> read(std::int64_t i, std::int64_t part, bool first = false) {
    if (!held_ && in.direct()) return {in.x.pointer(i), in.x.pointer_step()};
    T* x = held_ ? held_ + i * width : block_;
    if (first || !held_) in.load(x, i, part);
    return {x, width};
  }

  void exps(PanelView<T> e, PanelView<const T> x, std::int64_t part) {
    for (std::int64_t k = 0; k < part; ++k) {
#pragma GCC ivdep
      for (int r = 0; r < width; ++r) {
        e.data[k * e.step + r] = Elements::exponential(x.data[k * x.step + r], scales_.shift[r],
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

  void sum_up(std::int64_t begin, std::int64_t end, bool kept) {
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
    const auto place = [&](std::int64_t i) {
      return kept ? kept_view(i) : PanelView<T>{results_, width};
    };
    partial_.clear();
    if constexpr (std::is_same_v<T, double>) {
      each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
        partial_.template add<Elements, logarithm>(place(i), read(i, part), part, scales_, largest_,
                                                   tops_);
      });
      partial_.template finish<logarithm>(sum_, low_);
    } else {
      each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
        const PanelView<T> e = place(i);
        exps(e, read(i, part), part);
        add_up({e.data, e.step}, part);
      });
      partial_.finish(sum_);
      if constexpr (logarithm) sum_without_tops(begin, end);
    }
    sums_.set(largest_, scales_, sum_, low_, tops_);
  }

  void add_up(PanelView<const T> e, std::int64_t part) {
    partial_.add(part,
                 [&](std::int64_t k, int r) { return partial_.widened(e.data + k * e.step + r); });
  }

  // The sums of the dominated rows once more, without their largest exponentials.
  void sum_without_tops(std::int64_t begin, std::int64_t end) {
    bool any = false;
    for (int r = 0; r < width; ++r) any |= is_dominated<T, Accumulator>(sum_[r], scales_.top[r]);
    if (!any) return;
    alignas(64) double rest[width];
    partial_.clear();
    each_strip(begin, end, [&](std::int64_t i, std::int64_t part) {
      const PanelView<T> e{results_, width};
      exps(e, read(i, part), part);
      take_tops(e, part);
      add_up({e.data, e.step}, part);
    });
    partial_.finish(rest);
    for (int r = 0; r < width; ++r) {
      const bool apart = is_dominated<T, Accumulator>(sum_[r], scales_.top[r]);
      sum_[r] = apart ? rest[r] : sum_[r];
      tops_[r] = apart ? tops_[r] : T(0);
    }
  }

  std::int64_t size_;
  using Sums = std::conditional_t<std::is_same_v<T, double>, PanelExponentialSums<width>,
                                  PanelSums<T, Accumulator, width>>;
  bool from_memory_;
  FarBlock<T> far_;
  Sums partial_;
  Scales<T, width> scales_;
  RowSums<width> sums_, total_;
  Normalizers<T, width> normalizers_;
  alignas(64) T largest_[width], tops_[width];
  alignas(64) double sum_[width], low_[width];
  T* held_ = nullptr;
  alignas(64) T results_[strip * width];
  alignas(64) T block_[held_elements * width];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
