// Rows of tensors, as the kernels of the softmax family see them on every device.
#pragma once

#include <act/storage.h>

namespace act {

enum class Normalization { softmax, log_softmax };

// Many rows of `size` elements each, anywhere in memory: the elements of a row lie `step` bytes
// apart, and the rows are counted through `dims` further dimensions, the first one running fastest.
struct Rows {
  struct Operand {
    char* data;
    Storage storage;
    std::int64_t step;
    const std::int64_t* strides;
  };
  std::int64_t size;
  int dims;
  const std::int64_t* sizes;
  Operand operands[3];

  std::int64_t count() const {
    std::int64_t product = 1;
    for (int d = 0; d < dims; ++d) product *= sizes[d];
    return product;
  }
};

constexpr std::int64_t element_bytes(Storage storage) {
  return storage == Storage::float64 ? 8 : storage == Storage::float32 ? 4 : 2;
}

}  // namespace act
