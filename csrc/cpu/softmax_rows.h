// The softmax family with vectors along the rows. Short rows are computed in groups, so that what
// is done once for a row (its scale, the division, the logarithm) is done for all of a group in
// vectors.
#pragma once

#include <act/softmax_gradient.h>

#include "row_access.h"
#include "softmax_scale.h"
#include "stream.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr int row_group = 16;

constexpr std::int64_t rows_in_group(std::int64_t size) {
  const std::int64_t fitting = size >= row_block ? 1 : row_block / padded(size > 0 ? size : 1);
  return fitting < row_group ? fitting : row_group;
}

template <class T>
ACT_HOST_DEVICE void scaled_exps(T* __restrict e, const T* __restrict x, std::int64_t size,
                                 const Scales<T, row_group>& scales, std::int64_t row) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T shift = scales.shift[row], floor = scales.floor[row], to_power = scales.to_power[row];
  for (std::int64_t i = 0; i < whole; ++i) {
    e[i] = scaled_exp(x[i], shift, floor, to_power);
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

template <bool logarithm, class T>
ACT_HOST_DEVICE void normalize(T* y, const T* x, std::int64_t size, T high, T low) {
  const std::int64_t whole = size / partial_sums * partial_sums;
#pragma GCC ivdep
  for (std::int64_t i = 0; i < whole; ++i) {
    y[i] = logarithm ? log_normalized(x[i], high, low) : normalized(x[i], high, low);
  }
}

template <class T, class Accumulator, bool logarithm>
class RowSoftmax {
 public:
  RowSoftmax(const Rows& rows, bool negate)
      : size_(rows.size), negate_(negate), out_(rows.operands[0]), in_(rows.operands[1]) {}

  void group(char* const* to, char* const* from, std::int64_t count) {
    const std::int64_t stride = padded(size_);
    const T* x[row_group];
    in_.read_group(x, block_, from, count, size_, negate_, -T(__builtin_huge_val()));
    sum_up(x, stride, count);
    normalizers_.template set<logarithm>(sums_);
    const bool here = out_.direct && stride == size_;
    for (std::int64_t r = 0; r < count; ++r) {
      T* y = here ? reinterpret_cast<T*>(to[r]) : e_ + r * stride;
      normalize<logarithm>(y, logarithm ? x[r] : e_ + r * stride, stride, normalizers_.high[r],
                           normalizers_.low[r]);
    }
    if (!here) out_.write_group(to, e_, count, size_);
  }

  // Longer than a block: read twice, once for the maximum and the sum of each block, merged as they
  // come, and once for the result.
  void single(char* to, const char* from) {
    RowSums<row_group> total = {};
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const T* x = read(block_, from + i * in_.step, part);
      sum_up(&x, padded(part), 1);
      if (i == 0) {
        total = sums_;
      } else {
        total.merge(sums_, 1);
      }
    }
    normalizers_.template set<logarithm>(total);
    alignas(64) T largest[row_group] = {T(total.largest[0])};
    scales_.set(largest);
    const T high = normalizers_.high[0], low = normalizers_.low[0];
    const T shift = scales_.shift[0], floor = scales_.floor[0], to_power = scales_.to_power[0];
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const T* x = read(block_, from + i * in_.step, part);
      T* y = out_.results(e_, to + i * out_.step, part);
      if constexpr (logarithm) {
        normalize<true>(y, x, padded(part), high, low);
      } else {
        const std::int64_t whole = padded(part);
#pragma GCC ivdep
        for (std::int64_t k = 0; k < whole; ++k) {
          y[k] = normalized(scaled_exp(x[k], shift, floor, to_power), high, low);
        }
      }
      out_.write(to + i * out_.step, y, part);
    }
  }

 private:
  const T* read(T* block, const char* from, std::int64_t size) const {
    return in_.read(block, from, size, negate_, -T(__builtin_huge_val()));
  }

  ACT_HOST_DEVICE static double sum_of(const T* e, std::int64_t size) {
    PartialSums<Accumulator> partial;
    partial.add_exactly(e, size);
    return double(partial.tree());
  }

  // Sums of exponentials, which are left in e_.
  void sum_up(const T* const* x, std::int64_t stride, std::int64_t count) {
    alignas(64) T largest[row_group] = {}, tops[row_group] = {};
    alignas(64) double sum[row_group] = {};
    for (std::int64_t r = 0; r < count; ++r) largest[r] = maximum(x[r], stride);
    scales_.set(largest);
    for (std::int64_t r = 0; r < count; ++r) {
      scaled_exps(e_ + r * stride, x[r], stride, scales_, r);
      sum[r] = sum_of(e_ + r * stride, stride);
    }
    if constexpr (logarithm) {
      for (std::int64_t r = 0; r < count; ++r) {
        if (!is_dominated<T, Accumulator>(sum[r], scales_.top[r])) continue;
        tops[r] = take_tops(e_ + r * stride, stride, scales_.top[r]);
        sum[r] = sum_of(e_ + r * stride, stride);
      }
    }
    sums_.set(largest, scales_, sum, tops);
  }

  std::int64_t size_;
  bool negate_;
  RowAccess<T> out_;
  RowAccess<T> in_;
  Scales<T, row_group> scales_;
  RowSums<row_group> sums_;
  Normalizers<T, row_group> normalizers_;
  alignas(64) T block_[row_block];
  // Not at the same offset within 4 KiB: see Blocks in blocks.h.
  alignas(64) T between_[partial_sums * 2];
  alignas(64) T e_[row_block];
};

// Streaming, the loops below and the sums before them ask for one input each of what comes later,
// so that the memory is busy in both: 13 to 20 % less time than with both inputs in one of them.
template <class T>
ACT_HOST_DEVICE void softmax_gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                       double sum, T sign, bool stream) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T high = T(sum), low = T(sum - double(high));
  compute_each<true>(
      grad_input, whole, stream,
      [=](std::int64_t i)
          ACT_INLINE_LAMBDA { return softmax_gradient(g[i], y[i], high, low, sign); },
      [=](std::int64_t i) ACT_INLINE_LAMBDA { prefetch_further<8192>(y + i); });
}

template <class T>
ACT_HOST_DEVICE void log_softmax_gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                           double sum, bool stream) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T minus_sum = T(-sum);
  if (maximum(y, size) <= largest_usual_output<T>) {
    compute_each<true>(
        grad_input, whole, stream,
        [=](std::int64_t i)
            ACT_INLINE_LAMBDA { return log_softmax_gradient<true>(g[i], y[i], minus_sum); },
        [=](std::int64_t i) ACT_INLINE_LAMBDA {
          prefetch_further(g + i);
          prefetch_further(y + i);
        });
  } else {
    for (std::int64_t i = 0; i < size; ++i) {
      grad_input[i] = log_softmax_gradient<false>(g[i], y[i], minus_sum);
    }
  }
}

template <class T, class Accumulator, bool logarithm>
class RowSoftmaxBackward {
 public:
  RowSoftmaxBackward(const Rows& rows, bool negate)
      : size_(rows.size),
        sign_(negate ? T(-1) : T(1)),
        out_(rows.operands[0]),
        g_in_(rows.operands[1]),
        y_in_(rows.operands[2]),
        direct_(out_.direct && g_in_.direct && y_in_.direct),
        stream_(rows.stream) {}

  void group(char* const* to, char* const* grad, char* const* output, std::int64_t count) {
    if (direct_) {
      // Row by row, so that each still lies in L1 when it is read again (a tenth less time than in
      // pairs).
      for (std::int64_t r = 0; r < count; ++r) {
        const T *g = reinterpret_cast<const T*>(grad[r]),
                *y = reinterpret_cast<const T*>(output[r]);
        gradients_where_they_lie(reinterpret_cast<T*>(to[r]), g, y, size_,
                                 sum_where_it_lies(g, y, size_));
      }
      return;
    }
    double sum[row_group];
    const std::int64_t stride = padded(size_);
    const T *g[row_group], *y[row_group];
    g_in_.read_group(g, g_block_, grad, count, size_, false, T(0));
    y_in_.read_group(y, y_block_, output, count, size_, false, T(0));
    for (std::int64_t r = 0; r < count; ++r) {
      PartialSums<Accumulator> partial;
      add(partial, g[r], y[r], stride);
      sum[r] = double(partial.tree());
    }
    for (std::int64_t r = 0; r < count; ++r) {
      gradients(g_block_ + r * stride, g[r], y[r], stride, sum[r], false);
    }
    out_.write_group(to, g_block_, count, size_);
  }

  // Rows of any length, block by block.
  void single(char* to, const char* grad, const char* output) {
    double sum = 0;
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const char* g_place = grad + i * g_in_.step;
      const char* y_place = output + i * y_in_.step;
      if (direct_) {
        sum += sum_where_it_lies(reinterpret_cast<const T*>(g_place),
                                 reinterpret_cast<const T*>(y_place), part);
        continue;
      }
      PartialSums<Accumulator> partial;
      const T* g = g_in_.read(g_block_, g_place, part, false, T(0));
      const T* y = logarithm ? g : y_in_.read(y_block_, y_place, part, false, T(0));
      add(partial, g, y, padded(part));
      sum += double(partial.tree());
    }
    for (std::int64_t i = 0; i < size_; i += row_block) {
      const std::int64_t part = size_ - i < row_block ? size_ - i : row_block;
      const char* g_place = grad + i * g_in_.step;
      const char* y_place = output + i * y_in_.step;
      char* place = to + i * out_.step;
      if (direct_) {
        gradients_where_they_lie(reinterpret_cast<T*>(place), reinterpret_cast<const T*>(g_place),
                                 reinterpret_cast<const T*>(y_place), part, sum);
        continue;
      }
      const T* g = g_in_.read(g_block_, g_place, part, false, T(0));
      const T* y = y_in_.read(y_block_, y_place, part, false, T(0));
      gradients(g_block_, g, y, padded(part), sum, false);
      out_.copy_back(place, g_block_, part);
    }
  }

 private:
  template <bool prefetch = false>
  ACT_HOST_DEVICE static void add(PartialSums<Accumulator>& partial, const T* g, const T* y,
                                  std::int64_t size) {
    if constexpr (logarithm) {
      partial.add(g, size);
    } else {
      partial.template add_products<prefetch>(g, y, size);
    }
  }
  ACT_HOST_DEVICE void gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                 double sum, bool stream) const {
    if constexpr (logarithm) {
      log_softmax_gradients(grad_input, g, y, size, sum, stream);
    } else {
      softmax_gradients(grad_input, g, y, size, sum, sign_, stream);
    }
  }
  ACT_HOST_DEVICE double sum_where_it_lies(const T* g, const T* y, std::int64_t size) {
    PartialSums<Accumulator> partial;
    const std::int64_t whole = size / partial_sums * partial_sums;
    stream_ ? add<true>(partial, g, y, whole) : add(partial, g, y, whole);
    if (whole != size) {
      load_end(g_end_, g + whole, size - whole);
      if constexpr (!logarithm) load_end(y_end_, y + whole, size - whole);
      add(partial, g_end_, y_end_, partial_sums);
    }
    return double(partial.tree());
  }
  ACT_HOST_DEVICE void gradients_where_they_lie(T* grad_input, const T* g, const T* y,
                                                std::int64_t size, double sum) {
    const std::int64_t whole = size / partial_sums * partial_sums;
    if (whole != 0) gradients(grad_input, g, y, whole, sum, stream_);
    if (whole != size) {
      load_end(g_end_, g + whole, size - whole);
      load_end(y_end_, y + whole, size - whole);
      gradients(g_end_, g_end_, y_end_, partial_sums, sum, false);
      for (std::int64_t i = whole; i < size; ++i) grad_input[i] = g_end_[i - whole];
    }
  }

  std::int64_t size_;
  T sign_;
  RowAccess<T> out_;
  RowAccess<T> g_in_;
  RowAccess<T> y_in_;
  bool direct_;
  bool stream_;
  alignas(64) T g_end_[partial_sums], y_end_[partial_sums];
  alignas(64) T g_block_[row_block];
  // Not at the same offset within 4 KiB: see Blocks in blocks.h.
  alignas(64) T between_[partial_sums * 2];
  alignas(64) T y_block_[row_block];
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
