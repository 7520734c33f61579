// Reads and writes the elements of a row, or of rows side by side, through blocks of float or double.
#pragma once

#include "blocks.h"
#include "softmax.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
constexpr bool is_stored_as(Storage storage) {
  return storage == (sizeof(T) == sizeof(float) ? Storage::float32 : Storage::float64);
}

constexpr std::int64_t element_bytes(Storage storage) {
  return storage == Storage::float64 ? 8 : storage == Storage::float32 ? 4 : 2;
}

// dispatch_storage() for those types that are computed in T.
template <class T, class Run>
ACT_HOST_DEVICE void dispatch_stored(Storage storage, Run run) {
  if constexpr (sizeof(T) == sizeof(double)) {
    run.template operator()<double>();
  } else if (storage == Storage::float32) {
    run.template operator()<float>();
  } else if (storage == Storage::bfloat16) {
    run.template operator()<BFloat16Bits>();
  } else {
    run.template operator()<HalfBits>();
  }
}

// Counts through the rows: where row `index` begins, as an offset for each operand.
class RowCounter {
 public:
  RowCounter(const Rows& rows, int operands, std::int64_t index) : rows_(rows), operands_(operands) {
    for (int d = 0; d < rows.dims; ++d) {
      place_[d] = index % rows.sizes[d];
      index /= rows.sizes[d];
      for (int k = 0; k < operands; ++k) offset_[k] += place_[d] * rows.operands[k].strides[d];
    }
  }
  char* data(int k) const { return rows_.operands[k].data + offset_[k]; }

  void next() {
    for (int d = 0; d < rows_.dims; ++d) {
      for (int k = 0; k < operands_; ++k) offset_[k] += rows_.operands[k].strides[d];
      if (++place_[d] < rows_.sizes[d]) return;
      for (int k = 0; k < operands_; ++k) offset_[k] -= place_[d] * rows_.operands[k].strides[d];
      place_[d] = 0;
    }
  }

 private:
  const Rows& rows_;
  int operands_;
  std::int64_t place_[64] = {};
  std::int64_t offset_[3] = {};
};

template <class T>
void negate_block(T* x, std::int64_t size) {
  for (std::int64_t i = 0; i < size; ++i) x[i] = -x[i];
}

// `size` elements of one row, as they lie where they are a dense row of T, else copied to `block`.
template <class T>
const T* row_elements(T* block, const Rows::Operand& operand, const char* from, std::int64_t size,
                      bool negate = false) {
  const bool dense = operand.step == element_bytes(operand.storage);
  if (dense && !negate && is_stored_as<T>(operand.storage)) return reinterpret_cast<const T*>(from);
  dispatch_stored<T>(operand.storage, [&]<class Stored>() {
    if (dense) {
      widen(block, reinterpret_cast<const Stored*>(from), size);
    } else {
      for (std::int64_t i = 0; i < size; ++i) {
        block[i] = to_opmath(*reinterpret_cast<const Stored*>(from + i * operand.step));
      }
    }
  });
  if (negate) negate_block(block, size);
  return block;
}

// Where the results of a row are to be computed: at their place if it is a dense row of T, else in `block`,
// from where write_row() takes them.
template <class T>
T* row_results(T* block, const Rows::Operand& operand, char* to) {
  const bool dense = operand.step == element_bytes(operand.storage);
  return dense && is_stored_as<T>(operand.storage) ? reinterpret_cast<T*>(to) : block;
}

template <class T>
void write_row(const Rows::Operand& operand, char* to, const T* results, std::int64_t size) {
  if (reinterpret_cast<const char*>(results) == to) return;
  dispatch_stored<T>(operand.storage, [&]<class Stored>() {
    if (operand.step == static_cast<std::int64_t>(sizeof(Stored))) {
      narrow(reinterpret_cast<Stored*>(to), results, size);
    } else {
      for (std::int64_t i = 0; i < size; ++i) {
        *reinterpret_cast<Stored*>(to + i * operand.step) = from_opmath<Stored>(results[i]);
      }
    }
  });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
