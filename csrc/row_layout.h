// Tensors as rows along one dimension, for the kernels of the softmax family on every device.
#pragma once

#include <act/rows.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "tensors.h"

namespace act {

// The other dimensions than `dim`, the nearest in memory first, neighbours joined to one where all
// operands allow it: what the kernels count rows by.
template <std::size_t count>
class RowLayout {
 public:
  RowLayout(const std::array<at::Tensor, count>& tensors, int64_t dim) {
    // Their own size(d) and stride(d) are calls, each with a check of d.
    const at::IntArrayRef sizes = tensors[0].sizes();
    const auto stride = [&](const at::Tensor& t, int64_t d) {
      return t.strides()[static_cast<std::size_t>(d)] * static_cast<int64_t>(t.element_size());
    };
    std::vector<int64_t> others;
    for (int64_t d = tensors[0].dim() - 1; d >= 0; --d) {
      if (d != dim && sizes[static_cast<std::size_t>(d)] != 1) others.push_back(d);
    }
    const auto distance = [&](int64_t d) {
      int64_t sum = 0;
      for (const at::Tensor& t : tensors) sum += std::abs(stride(t, d));
      return sum;
    };
    if (others.size() > 1) {  // an empty or single one, too, would ask for memory
      std::stable_sort(others.begin(), others.end(),
                       [&](int64_t a, int64_t b) { return distance(a) < distance(b); });
    }
    for (const int64_t d : others) {
      const int64_t size = sizes[static_cast<std::size_t>(d)];
      const auto continues = [&] {
        if (sizes_.empty()) return false;
        for (std::size_t k = 0; k < count; ++k) {
          if (stride(tensors[k], d) != strides_[k].back() * sizes_.back()) return false;
        }
        return true;
      };
      if (continues()) {
        sizes_.back() *= size;
        continue;
      }
      sizes_.push_back(size);
      for (std::size_t k = 0; k < count; ++k) strides_[k].push_back(stride(tensors[k], d));
    }
    rows_.size = sizes.empty() ? 1 : sizes[static_cast<std::size_t>(dim)];
    rows_.dims = static_cast<int>(sizes_.size());
    rows_.sizes = sizes_.data();
    for (std::size_t k = 0; k < count; ++k) {
      const at::Tensor& t = tensors[k];
      const auto bytes = static_cast<int64_t>(t.element_size());
      rows_.operands[k] = {static_cast<char*>(const_cast<void*>(t.const_data_ptr())), storage_of(t),
                           rows_.size == 1 ? bytes : stride(t, dim), strides_[k].data()};
    }
  }
  RowLayout(const RowLayout&) = delete;
  RowLayout& operator=(const RowLayout&) = delete;

  // Points into this object.
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_{};
  std::vector<int64_t> sizes_;
  std::vector<int64_t> strides_[count];
};

}  // namespace act
