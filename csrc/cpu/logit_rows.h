// Rows of logits as RowSoftmax and PanelSoftmax read them: x as it is, or divided by a temperature
// and with -inf where a mask is false. The mask is read beside x, through strides of its own.
#pragma once

#include <act/softmax_elements.h>

#include "row_panel.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

using namespace act::normalization;

// How many rows are computed as a group, see softmax_rows.h.
inline constexpr int row_group = 16;

constexpr std::int64_t rows_in_group(std::int64_t size) {
  const std::int64_t fitting = size >= row_block ? 1 : row_block / padded(size > 0 ? size : 1);
  return fitting < row_group ? fitting : row_group;
}

// data[k][r] is where row r begins in operand k.
template <int operands>
using RowData = char* [operands][row_group];

template <class T>
class PlainRows {
 public:
  using Elements = EveryElement;
  static constexpr int operands = 2;

  PlainRows(const Rows& rows, bool negate) : x_(rows.operands[1]), negate_(negate) {}

  // x[r] is where row r is found, continued with -inf up to the next multiple of 16.
  void read_group(const T** x, T* block, const RowData<operands>& data, std::int64_t count,
                  std::int64_t size) const {
    x_.read_group(x, block, data[1], count, size, negate_, -T(__builtin_huge_val()));
  }
  // The same for elements first … first + size - 1 of the first row.
  const T* read(T* block, const RowData<operands>& data, std::int64_t first,
                std::int64_t size) const {
    return x_.read(block, data[1][0] + first * x_.step, size, negate_, -T(__builtin_huge_val()));
  }
  static bool empty_is_nan() { return false; }

 private:
  RowAccess<T> x_;
  bool negate_;
};

// Puts -inf where the mask, a byte each `step` bytes, is false.
template <class T>
void mask_out(T* x, const char* mask, std::int64_t step, std::int64_t size) {
  constexpr T absent = -T(__builtin_huge_val());
  if (step == 0) {
    if (*mask != 0) return;
    for (std::int64_t i = 0; i < size; ++i) x[i] = absent;
  } else if (step == 1) {
    for (std::int64_t i = 0; i < size; ++i) x[i] = mask[i] != 0 ? x[i] : absent;
  } else {
    for (std::int64_t i = 0; i < size; ++i) x[i] = mask[i * step] != 0 ? x[i] : absent;
  }
}

template <class T>
void divide(T* x, std::int64_t size, T temperature) {
  if (temperature == T(1)) return;
  for (std::int64_t i = 0; i < size; ++i) x[i] /= temperature;
}

template <class T>
class MaskedRows {
 public:
  using Elements = PresentElements;
  static constexpr int operands = 3;

  MaskedRows(const Rows& rows, const Logits& logits)
      : x_(rows.operands[1]), mask_step_(rows.operands[2].step), logits_(logits) {}

  void read_group(const T** x, T* block, const RowData<operands>& data, std::int64_t count,
                  std::int64_t size) const {
    for (std::int64_t r = 0; r < count; ++r) {
      x[r] = copy(block + r * padded(size), data[1][r], data[2][r], size);
    }
  }
  const T* read(T* block, const RowData<operands>& data, std::int64_t first,
                std::int64_t size) const {
    return copy(block, data[1][0] + first * x_.step, data[2][0] + first * mask_step_, size);
  }
  bool empty_is_nan() const { return logits_.empty_is_nan; }

 private:
  const T* copy(T* block, const char* x, const char* mask, std::int64_t size) const {
    x_.copy(block, x, size, logits_.negate, -T(__builtin_huge_val()));
    divide(block, size, T(logits_.temperature));
    if (logits_.has_mask) mask_out(block, mask, mask_step_, size);
    return block;
  }

  RowAccess<T> x_;
  std::int64_t mask_step_;
  Logits logits_;
};

template <class T, int width>
class PlainPanel {
 public:
  using Elements = EveryElement;
  static constexpr int operands = 2;

  PlainPanel(const Rows& rows, bool negate) : x(rows, 1), negate_(negate) {}

  PanelOperand<T, width> x;

  // Where the logits need no copy.
  bool direct() const { return x.direct() && !negate_; }
  void load(T* to, std::int64_t first, std::int64_t size) const {
    x.load(to, first, size);
    if (!negate_) return;
    for (std::int64_t k = 0; k < size * width; ++k) to[k] = -to[k];
  }
  static bool empty_is_nan() { return false; }

 private:
  bool negate_;
};

template <class T, int width>
class MaskedPanel {
 public:
  using Elements = PresentElements;
  static constexpr int operands = 3;

  MaskedPanel(const Rows& rows, const Logits& logits)
      : x(rows, 1), mask(rows.operands[2]), logits_(logits) {}

  PanelOperand<T, width> x;
  PanelRuns<width> mask;

  static bool direct() { return false; }
  void load(T* to, std::int64_t first, std::int64_t size) const {
    x.load(to, first, size);
    if (logits_.negate) {
      for (std::int64_t k = 0; k < size * width; ++k) to[k] = -to[k];
    }
    divide(to, size * width, T(logits_.temperature));
    if (!logits_.has_mask) return;
    mask.each_run([&](const char* data, std::int64_t stride, int lane, int rows) {
      for (std::int64_t i = 0; i < size; ++i) {
        mask_out(to + i * width + lane, data + (first + i) * mask.step(), stride, rows);
      }
    });
  }
  bool empty_is_nan() const { return logits_.empty_is_nan; }

 private:
  Logits logits_;
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
