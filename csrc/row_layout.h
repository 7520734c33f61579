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
    const at::Tensor& first = tensors[0];
    std::vector<int64_t> others;
    for (int64_t d = first.dim() - 1; d >= 0; --d) {
      if (d != dim && first.size(d) != 1) others.push_back(d);
    }
    const auto distance = [&](int64_t d) {
      int64_t sum = 0;
      for (const at::Tensor& t : tensors) sum += std::abs(t.stride(d)) * t.element_size();
      return sum;
    };
    std::stable_sort(others.begin(), others.end(),
                     [&](int64_t a, int64_t b) { return distance(a) < distance(b); });
    for (const int64_t d : others) {
      const auto continues = [&] {
        if (sizes_.empty()) return false;
        for (std::size_t k = 0; k < count; ++k) {
          if (tensors[k].stride(d) * tensors[k].element_size() !=
              strides_[k].back() * sizes_.back()) {
            return false;
          }
        }
        return true;
      };
      if (continues()) {
        sizes_.back() *= first.size(d);
        continue;
      }
      sizes_.push_back(first.size(d));
      for (std::size_t k = 0; k < count; ++k) {
        strides_[k].push_back(tensors[k].stride(d) * tensors[k].element_size());
      }
    }
    rows_.size = first.dim() == 0 ? 1 : first.size(dim);
    rows_.dims = static_cast<int>(sizes_.size());
    rows_.sizes = sizes_.data();
    for (std::size_t k = 0; k < count; ++k) {
      const at::Tensor& t = tensors[k];
      const int64_t step = t.dim() == 0 ? 1 : t.stride(dim);
      rows_.operands[k] = {static_cast<char*>(const_cast<void*>(t.const_data_ptr())), storage_of(t),
                           (rows_.size == 1 ? 1 : step) * t.element_size(), strides_[k].data()};
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
