// The gradients of the softmax family with vectors along the rows.
#pragma once

#include "logit_rows.h"
#include "stream.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// What present elements add to a row's sum: g·y, or for log_softmax g. Absent ones add nothing,
// even where g is NaN.
template <bool logarithm, class V>
ACT_HOST_DEVICE V present_term(V g, V y) {
  if constexpr (logarithm) {
    return y == -__builtin_huge_valf() ? V{} : g;
  } else {
    return y == 0 ? V{} : g * y;
  }
}

// Streaming, the loops below and the sums before them ask for one input each of what comes later,
// so that the memory is busy in both: 13 to 20 % less time than with both inputs in one of them.
template <class Elements, class T>
ACT_HOST_DEVICE void softmax_gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                       double sum, T factor, bool stream) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T high = T(sum), low = T(sum - double(high));
  compute_each<true>(
      grad_input, whole, stream,
      [=](std::int64_t i)
          ACT_INLINE_LAMBDA { return Elements::softmax_gradient(g[i], y[i], high, low, factor); },
      [=](std::int64_t i) ACT_INLINE_LAMBDA { prefetch_further<8192>(y + i); });
}

template <class Elements, class T>
ACT_HOST_DEVICE void log_softmax_gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                           double sum, T factor, bool stream) {
  const std::int64_t whole = size / partial_sums * partial_sums;
  const T minus_sum = T(-sum);
  if (maximum(y, size) <= largest_usual_output<T>) {
    compute_each<true>(
        grad_input, whole, stream,
        [=](std::int64_t i) ACT_INLINE_LAMBDA {
          return Elements::template log_softmax_gradient<true>(g[i], y[i], minus_sum, factor);
        },
        [=](std::int64_t i) ACT_INLINE_LAMBDA {
          prefetch_further(g + i);
          prefetch_further(y + i);
        });
  } else {
    for (std::int64_t i = 0; i < size; ++i) {
      grad_input[i] = Elements::template log_softmax_gradient<false>(g[i], y[i], minus_sum, factor);
    }
  }
}

// `factor` is what the gradient by the logit, ±x or ±x / temperature, is multiplied by.
template <class T, class Accumulator, bool logarithm, class Elements>
class RowSoftmaxBackward {
 public:
  RowSoftmaxBackward(const Rows& rows, T factor)
      : size_(rows.size),
        factor_(factor),
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
      const T* y = sum_reads_y ? y_in_.read(y_block_, y_place, part, false, T(0)) : g;
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
  static constexpr bool sum_reads_y = !logarithm || !Elements::all;

  template <bool prefetch = false>
  ACT_HOST_DEVICE static void add(PartialSums<Accumulator>& partial, const T* g, const T* y,
                                  std::int64_t size) {
    if constexpr (!Elements::all) {
      constexpr int lanes = PartialSums<Accumulator>::lanes;
      partial.add_each(size, [=](std::int64_t i) ACT_INLINE_LAMBDA {
        if constexpr (prefetch) prefetch_further<8192>(g + i);
        return present_term<logarithm>(convert<Accumulator, lanes, T>(load_vector<lanes>(g + i)),
                                       convert<Accumulator, lanes, T>(load_vector<lanes>(y + i)));
      });
    } else if constexpr (logarithm) {
      partial.add(g, size);
    } else {
      partial.template add_products<prefetch>(g, y, size);
    }
  }
  ACT_HOST_DEVICE void gradients(T* grad_input, const T* g, const T* y, std::int64_t size,
                                 double sum, bool stream) const {
    if constexpr (logarithm) {
      log_softmax_gradients<Elements>(grad_input, g, y, size, sum, factor_, stream);
    } else {
      softmax_gradients<Elements>(grad_input, g, y, size, sum, factor_, stream);
    }
  }
  ACT_HOST_DEVICE double sum_where_it_lies(const T* g, const T* y, std::int64_t size) {
    PartialSums<Accumulator> partial;
    const std::int64_t whole = size / partial_sums * partial_sums;
    stream_ ? add<true>(partial, g, y, whole) : add(partial, g, y, whole);
    if (whole != size) {
      load_end(g_end_, g + whole, size - whole);
      if constexpr (sum_reads_y) load_end(y_end_, y + whole, size - whole);
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
  T factor_;
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
