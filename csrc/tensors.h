// What the adapters of every device ask of tensors.
#pragma once

#include <ATen/MemoryOverlap.h>
#include <ATen/core/Tensor.h>
#include <ATen/native/Resize.h>
#include <act/storage.h>

#include <initializer_list>

namespace act {

inline Storage storage_of(const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kDouble:
      return Storage::float64;
    case at::kBFloat16:
      return Storage::bfloat16;
    case at::kHalf:
      return Storage::float16;
    default:
      return Storage::float32;
  }
}

// Shape and memory of an out= tensor, before anything is written.
inline void prepare_out(at::Tensor& out, std::initializer_list<at::Tensor> inputs) {
  at::native::resize_output(out, inputs.begin()->sizes());
  at::assert_no_internal_overlap(out);
  for (const at::Tensor& input : inputs) at::assert_no_partial_overlap(out, input);
}

}  // namespace act
