// Sums over all elements of each channel, in the pass of a backward. The tensor is cut into parts
// by its shape alone, each summed on its own and all added in order, so that the result does not
// depend on the number of threads.
#pragma once

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <vector>

#include "elementwise.h"

namespace act::cpu {

// sum_part(Operands, double* sums) is called until each element of `operands` (the result first) is
// done; what it has added to `sums` becomes `totals`.
template <std::size_t count, class SumPart>
void for_each_element_and_channel(const std::array<at::Tensor, count>& operands,
                                  const at::Tensor& totals, bool stream, SumPart sum_part) {
  const int64_t size = operands[0].numel();
  const int64_t channels = totals.numel();
  constexpr int64_t most_parts = 64;
  const int64_t parts = std::clamp<int64_t>(size / std::max(grain, 8 * channels), 1, most_parts);
  std::vector<double> sums(static_cast<std::size_t>(parts * channels), 0.0);

  if (size != 0) {
    at::TensorIteratorConfig config;
    config.set_check_mem_overlap(false).check_all_same_dtype(true).resize_outputs(false);
    config.add_output(operands[0]);
    for (std::size_t k = 1; k < count; ++k) config.add_const_input(operands[k]);
    at::TensorIterator iterator = config.build();
    share_among_threads(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        double* of_part = sums.data() + part * channels;
        iterator.serial_for_each(
            [&](char** data, const int64_t* strides, int64_t columns, int64_t rows) {
              sum_part(Operands{data, strides, columns, rows, stream}, of_part);
            },
            {size * part / parts, size * (part + 1) / parts});
      }
    });
  }

  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t channel = 0; channel < channels; ++channel) {
      sums[static_cast<std::size_t>(channel)] +=
          sums[static_cast<std::size_t>(part * channels + channel)];
    }
  }
  totals.copy_(at::from_blob(sums.data(), totals.sizes(), at::kDouble));
}

}  // namespace act::cpu
