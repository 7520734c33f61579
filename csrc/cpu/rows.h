// Tensors as rows on the CPU: which threads do which.
#pragma once

#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "../row_layout.h"
#include "elementwise.h"
#include "softmax.h"

namespace act::cpu {

// Calls run(rows, begin, end) for all rows along `dim`, from several threads, begin and end being
// multiples of granularity(rows) where there are more.
template <std::size_t count, class Granularity, class Run>
void for_each_row(const std::array<at::Tensor, count>& tensors, int64_t dim,
                  Granularity granularity, Run run, bool single = false) {
  const RowLayout<count> layout(tensors, dim);
  const Rows rows{layout.rows(), should_stream(tensors), single};
  const int64_t total = rows.count();
  const int64_t unit = granularity(rows);
  const int64_t units = (total + unit - 1) / unit;
  const int64_t least = std::max<int64_t>(1, grain / (unit * rows.size));
  share_among_threads(units, least, [&](int64_t begin, int64_t end) {
    run(rows, begin * unit, std::min(end * unit, total));
  });
}

// What devices give the adapters of the softmax families.
struct RowDevice {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty(at::IntArrayRef sizes, const at::TensorOptions& options) {
    at::Tensor result = at::detail::empty_cpu(sizes, options.dtype().toScalarType());
    advise_huge_pages(result);
    return result;
  }
};

}  // namespace act::cpu
