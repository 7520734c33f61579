// The softmax family with vectors along the rows. Short rows are computed in groups, so that what
// is done once for a row (its scale, the division, the logarithm) is done for all of a group in
// vectors.
#pragma once

#include "exponential_sums.h"
#include "logit_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class Elements, class T>
ACT_HOST_DEVICE void scaled_exps(T* __restrict e, const T* __restrict x, std::int64_t size,
                                 const Scales<T, row_group>& scales, std::int64_t row) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T shift = scales.shift[row], floor = scales.floor[row], to_power = scales.to_power[row];
  for (std::int64_t i = 0; i < whole; ++i) {
    e[i] = Elements::exponential(x[i], shift, floor, to_power);
  }
}

// Takes the exponentials that equal the largest one out and counts them.
template <class T>
T take_tops(T* e, std::int64_t size, T top) {
  using Count = std::conditional_t<sizeof(T) == sizeof(float), std::int32_t, std::int64_t>;
  Count tops = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    tops += e[i] == top ? 1 : 0;
    e[i] = e[i] == top ? T(0) : e[i];
  }
  return T(tops);
}

template <bool logarithm, class Elements, class T>
ACT_HOST_DEVICE void normalize(T* y, const T* x, std::int64_t size, T high, T low, T absent) {
  const std::int64_t whole = size / partial_sums * partial_sums;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < whole; ++i) {
    y[i] = Elements::template result<logarithm>(x[i], high, low, absent);
  }
}

template <class T, class Accumulator, bool logarithm, class Input>
class RowSoftmax {
 public:
  using Elements = typename Input::Elements;
  using Data = RowData<Input::operands>;

  template <class HowRead>
  RowSoftmax(const Rows& rows, const HowRead& how)
      : size_(rows.size), out_(rows.operands[0]), in_(rows, how) {}

  void group(const Data& data, std::int64_t count) {
    const std::int64_t stride = padded(size_);
    char* const* to = data[0];
    const T* x[row_group];
    in_.read_group(x, block_, data, count, size_);
    sum_up(x, stride, count);
    for_rows<row_group>(count, [&]<int rows>() {
      normalizers_.template set<logarithm, Elements, rows>(sums_, in_.empty_is_nan());
    });
    const bool here = out_.direct && stride == size_;
    for (std::int64_t r = 0; r < count; ++r) {
      T* y = here ? reinterpret_cast<T*>(to[r]) : e_ + r * stride;
      normalize<logarithm, Elements>(y, logarithm ? x[r] : e_ + r * stride, stride,
                                     normalizers_.high[r], normalizers_.low[r],
                                     normalizers_.absent[r]);
    }
    if (!here) out_.write_group(to, e_, count, size_);
  }

  // Longer than a block: read twice, once for the maximum and the sum of each block, merged as they
  // come, and once for the result.
  void single(const Data& data) {
    char* const to = data[0][0];
    RowSums<row_group> total = {};
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const T* x = in_.read(block_, data, i, part);
      sum_up(&x, padded(part), 1);
      if (i == 0) {
        total = sums_;
      } else {
        total.merge(sums_, 1);
      }
    }
    normalizers_.template set<logarithm, Elements, few_rows>(total, in_.empty_is_nan());
    alignas(64) T largest[row_group] = {T(total.largest[0])};
    scales_.template set<few_rows>(largest);
    const T high = normalizers_.high[0], low = normalizers_.low[0], absent = normalizers_.absent[0];
    const T shift = scales_.shift[0], floor = scales_.floor[0], to_power = scales_.to_power[0];
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const T* x = in_.read(block_, data, i, part);
      T* y = out_.results(e_, to + i * out_.step, part);
      if constexpr (logarithm) {
        normalize<true, Elements>(y, x, padded(part), high, low, absent);
      } else {
        const std::int64_t whole = padded(part);
#pragma GCC ivdep
        for (std::int64_t k = 0; k < whole; ++k) {
          const T e = Elements::exponential(x[k], shift, floor, to_power);
          y[k] = Elements::template result<false>(e, high, low, absent);
        }
      }
      out_.write(to + i * out_.step, y, part);
    }
  }

 private:
  ACT_HOST_DEVICE static double sum_of(const T* e, std::int64_t size) {
    PartialSums<Accumulator> partial;
    partial.add(e, size);
    return double(partial.tree());
  }

  // Sums of exponentials, which are left in e_.
  void sum_up(const T* const* x, std::int64_t stride, std::int64_t count) {
    alignas(64) T largest[row_group] = {}, tops[row_group] = {};
    alignas(64) double sum[row_group] = {}, low[row_group] = {};
    for (std::int64_t r = 0; r < count; ++r) largest[r] = maximum(x[r], stride);
    for_rows<row_group>(count, [&]<int rows>() { scales_.template set<rows>(largest); });
    if constexpr (std::is_same_v<T, double>) {
      for (std::int64_t r = 0; r < count; ++r) {
        const ExponentialSum total = sum_exponentials<Elements, logarithm>(
            e_ + r * stride, x[r], stride, scales_.get(static_cast<int>(r)), largest[r]);
        sum[r] = total.high;
        low[r] = total.low;
        tops[r] = total.tops;
      }
    } else {
      for (std::int64_t r = 0; r < count; ++r) {
        scaled_exps<Elements>(e_ + r * stride, x[r], stride, scales_, r);
        sum[r] = sum_of(e_ + r * stride, stride);
      }
      if constexpr (logarithm) {
        for (std::int64_t r = 0; r < count; ++r) {
          if (!is_dominated<T, Accumulator>(sum[r], scales_.top[r])) continue;
          tops[r] = take_tops(e_ + r * stride, stride, scales_.top[r]);
          sum[r] = sum_of(e_ + r * stride, stride);
        }
      }
    }
    for_rows<row_group>(
        count, [&]<int rows>() { sums_.template set<rows>(largest, scales_, sum, low, tops); });
  }

  std::int64_t size_;
  RowAccess<T> out_;
  Input in_;
  Scales<T, row_group> scales_;
  RowSums<row_group> sums_;
  Normalizers<T, row_group> normalizers_;
  alignas(64) T block_[row_block];
  // Not at the same offset within 4 KiB: see Blocks in blocks.h.
  alignas(64) T between_[partial_sums * 2];
  alignas(64) T e_[row_block];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
