// Where a panel is kept that is too large for the L1 cache: read from memory once, it is found
// again in the L2 cache, in the order in which it is walked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace act::cpu::ACT_INSTRUCTION_SET {

// Half of a usual L2 cache.
inline constexpr std::int64_t far_bytes = std::int64_t{1} << 19;

// Elements along the rows of a panel that fit.
template <class T, int width>
inline constexpr std::int64_t far_elements = far_bytes / (width * std::int64_t{sizeof(T)});

template <class T>
class FarBlock {
 public:
  explicit FarBlock(std::int64_t size)
      : data_(size == 0 ? nullptr
                        : static_cast<T*>(::operator new(static_cast<std::size_t>(size) * sizeof(T),
                                                         alignment))) {}
  ~FarBlock() { ::operator delete(data_, alignment); }
  FarBlock(const FarBlock&) = delete;
  FarBlock& operator=(const FarBlock&) = delete;

  // Null if empty.
  T* data() const { return data_; }

 private:
  static constexpr std::align_val_t alignment{64};
  T* data_;
};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
