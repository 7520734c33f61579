// Drives an elementwise kernel over tensors: one flat run where all operands are dense in the same
// order or evenly spaced, at::TensorIterator's coalesced dimensions otherwise. No operand is ever
// copied.
#pragma once

#include <ATen/EmptyTensor.h>
#include <ATen/ExpandUtils.h>
#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>

#include <array>
#include <optional>

#include "../tensors.h"
#include "huge_pages.h"
#include "kernels.h"

namespace act::cpu {

// Elements that one thread takes at least: below it, starting a second one costs more than it
// saves.
inline constexpr int64_t grain = 32768;

// run(begin, end) for all of so many, if there are any, by several threads where each has `least`.
// A call of few elements does without what at::parallel_for asks first
// (tests/test_call_overhead.py).
template <class Run>
void share_among_threads(int64_t size, int64_t least, Run run) {
  if (size > least) {
    at::parallel_for(0, size, least, run);
  } else if (size > 0) {
    run(0, size);
  }
}

// A new tensor with the layout of `self` (dense in the same order of dimensions where self has
// gaps), and with another dtype if one is asked for: at::empty_like without the dispatcher.
inline at::Tensor empty_result(const at::Tensor& self, const at::TensorOptions& options) {
  at::Tensor result =
      self.is_non_overlapping_and_dense()
          ? at::Tensor(at::detail::empty_strided_cpu(self.sizes(), self.strides(), options))
          : at::Tensor(at::detail::empty_strided_cpu(
                self.sizes(), at::infer_dense_strides(self.sizes(), self.strides()), options));
  advise_huge_pages(result);
  return result;
}
inline at::Tensor empty_result(const at::Tensor& self) {
  return empty_result(self, self.options());
}

// Whether a result is so large that it should be written past the caches: from 16 MiB on it and
// what it is computed from fill a last-level cache of 32 MiB. The size is fixed because systems
// report it unreliably (sysconf gives the sum over all parts of a processor that no core can use).
// Not where the op runs in place: those lines are read anyway.
template <std::size_t count>
bool should_stream(const std::array<at::Tensor, count>& operands) {
  constexpr std::size_t threshold = std::size_t{16} << 20;
  if (operands[0].nbytes() < threshold) return false;
  for (std::size_t k = 1; k < count; ++k) {
    if (operands[k].is_alias_of(operands[0])) return false;
  }
  return true;
}

// How many elements of memory lie from each element to the next in the order of the dimensions,
// where they are as many everywhere.
inline std::optional<int64_t> even_stride(const at::Tensor& tensor) {
  int64_t stride = 0;
  int64_t next = 0;
  bool first = true;
  for (int64_t d = tensor.dim() - 1; d >= 0; --d) {
    if (tensor.size(d) == 1) continue;
    if (first) stride = tensor.stride(d);
    if (!first && tensor.stride(d) != next) return std::nullopt;
    next = tensor.stride(d) * tensor.size(d);
    first = false;
  }
  return stride;
}

// The bytes from each element to the next of each operand, where one walk along memory meets them
// all: where they are dense in the same order, whichever it is, or evenly spaced in that of the
// dimensions.
template <std::size_t count>
std::optional<std::array<int64_t, count>> evenly_spaced(
    const std::array<at::Tensor, count>& operands) {
  const at::Tensor& result = operands[0];
  bool dense = result.is_non_overlapping_and_dense();
  for (const at::Tensor& operand : operands) dense &= operand.strides() == result.strides();
  std::array<int64_t, count> bytes;
  for (std::size_t k = 0; k < count; ++k) {
    const std::optional<int64_t> stride = dense ? 1 : even_stride(operands[k]);
    if (!stride) return std::nullopt;
    bytes[k] = *stride * static_cast<int64_t>(operands[k].element_size());
  }
  return bytes;
}

// Calls kernel(Operands) until every element of `operands` (equal shapes, or broadcast by stride 0)
// is done.
template <std::size_t count, class Kernel>
void for_each_element(const std::array<at::Tensor, count>& operands, Kernel kernel) {
  const at::Tensor& result = operands[0];
  const int64_t size = result.numel();
  if (size == 0) return;

  const bool stream = should_stream(operands);
  if (const auto element = evenly_spaced(operands)) {
    std::array<char*, count> base;
    for (std::size_t k = 0; k < count; ++k) {
      base[k] = static_cast<char*>(const_cast<void*>(operands[k].const_data_ptr()));
    }
    share_among_threads(size, grain, [&](int64_t begin, int64_t end) {
      std::array<char*, count> data;
      std::array<int64_t, 2 * count> strides{};
      for (std::size_t k = 0; k < count; ++k) {
        strides[k] = (*element)[k];
        data[k] = base[k] + begin * strides[k];
      }
      kernel(Operands{data.data(), strides.data(), end - begin, 1, stream});
    });
    return;
  }

  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).check_all_same_dtype(false).resize_outputs(false);
  config.add_output(result);
  for (std::size_t k = 1; k < count; ++k) config.add_const_input(operands[k]);
  at::TensorIterator iterator = config.build();
  iterator.for_each([&](char** data, const int64_t* strides, int64_t columns,
                        int64_t rows) { kernel(Operands{data, strides, columns, rows, stream}); },
                    grain);
}

}  // namespace act::cpu
