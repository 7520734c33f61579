// Where rows lie, and how their elements are read and written through blocks of float or double.
#pragma once

#include "panel_tiles.h"
#include "softmax.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
constexpr bool is_stored_as(Storage storage) {
  return storage == (sizeof(T) == sizeof(float) ? Storage::float32 : Storage::float64);
}

// Calls run.operator()<Stored>() with the type that stands for a stored dtype that is computed in
// T.
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

// Counts through the rows.
class RowCounter {
 public:
  RowCounter(const Rows& rows, int operands, std::int64_t index)
      : rows_(rows), operands_(operands) {
    for (int d = 0; d < rows.dims; ++d) {
      place_[d] = index % rows.sizes[d];
      index /= rows.sizes[d];
      for (int k = 0; k < operands; ++k) offset_[k] += place_[d] * rows.operands[k].strides[d];
    }
  }
  // Where the present row begins.
  char* data(int k) const { return rows_.operands[k].data + offset_[k]; }

  // How many rows follow in the innermost dimension, this one included.
  std::int64_t run() const { return rows_.dims == 0 ? 1 : rows_.sizes[0] - place_[0]; }

  // Goes on by at most run() rows.
  void advance(std::int64_t count) {
    if (rows_.dims == 0) return;
    place_[0] += count;
    for (int k = 0; k < operands_; ++k) offset_[k] += count * rows_.operands[k].strides[0];
    for (int d = 0; place_[d] == rows_.sizes[d];) {
      for (int k = 0; k < operands_; ++k) offset_[k] -= place_[d] * rows_.operands[k].strides[d];
      place_[d] = 0;
      if (++d == rows_.dims) return;
      ++place_[d];
      for (int k = 0; k < operands_; ++k) offset_[k] += rows_.operands[k].strides[d];
    }
  }

 private:
  const Rows& rows_;
  int operands_;
  std::int64_t place_[64];  // of which `dims` are in use
  std::int64_t offset_[3] = {};
};

// Reads and writes elements of single rows.
template <class T>
struct RowAccess {
  Storage storage;
  std::int64_t step;
  bool dense;
  bool direct;  // a dense row of T: no block is needed

  explicit RowAccess(const Rows::Operand& operand)
      : storage(operand.storage),
        step(operand.step),
        dense(step == element_bytes(storage)),
        direct(dense && is_stored_as<T>(storage)) {}

  // Copies `size` elements and continues them up to the next multiple of 16.
  void copy(T* block, const char* from, std::int64_t size, bool negate, T padding) const {
    dispatch_stored<T>(storage,
                       [&]<class Stored>() { load_strided<Stored>(block, from, step, size); });
    if (negate) {
      for (std::int64_t i = 0; i < size; ++i) block[i] = -block[i];
    }
    for (std::int64_t i = size; i < padded(size); ++i) block[i] = padding;
  }

  // The elements as they lie where they can be used so, else copied.
  ACT_HOST_DEVICE const T* read(T* block, const char* from, std::int64_t size, bool negate,
                                T padding) const {
    if (direct && !negate && size % partial_sums == 0) return reinterpret_cast<const T*>(from);
    copy(block, from, size, negate, padding);
    return block;
  }

  // The same for `count` rows; x[r] is where row r is found. Rows that follow each other are copied
  // at once.
  void read_group(const T** x, T* block, char* const* from, std::int64_t count, std::int64_t size,
                  bool negate, T padding) const {
    const std::int64_t stride = padded(size);
    if (direct && !negate && size == stride) {
      for (std::int64_t r = 0; r < count; ++r) x[r] = reinterpret_cast<const T*>(from[r]);
      return;
    }
    if (joined(from, count, size)) {
      copy(block, from[0], count * size, negate, padding);
    } else {
      for (std::int64_t r = 0; r < count; ++r)
        copy(block + r * stride, from[r], size, negate, padding);
    }
    for (std::int64_t r = 0; r < count; ++r) x[r] = block + r * stride;
  }
  void write_group(char* const* to, const T* block, std::int64_t count, std::int64_t size) const {
    if (joined(to, count, size)) return copy_back(to[0], block, count * size);
    for (std::int64_t r = 0; r < count; ++r) copy_back(to[r], block + r * padded(size), size);
  }

  // Where the results, a multiple of 16 of them, can be computed; write() brings them to their
  // place.
  ACT_HOST_DEVICE T* results(T* block, char* to, std::int64_t size) const {
    return direct && size % partial_sums == 0 ? reinterpret_cast<T*>(to) : block;
  }
  ACT_HOST_DEVICE void write(char* to, const T* results, std::int64_t size) const {
    if (reinterpret_cast<const char*>(results) != to) copy_back(to, results, size);
  }
  // Whether rows, padded or not, follow each other.
  bool joined(char* const* rows, std::int64_t count, std::int64_t size) const {
    if (!dense || size % partial_sums != 0) return false;
    for (std::int64_t r = 1; r < count; ++r) {
      if (rows[r] - rows[r - 1] != size * step) return false;
    }
    return true;
  }
  void copy_back(char* to, const T* results, std::int64_t size) const {
    dispatch_stored<T>(storage,
                       [&]<class Stored>() { store_strided<Stored>(to, step, results, size); });
  }
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
