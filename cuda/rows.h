// What the adapters of the softmax families share on a CUDA device.
#pragma once

#include "../csrc/row_layout.h"
#include "softmax.h"
#include "tensors.h"

namespace act::cuda {

struct RowDevice {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty(at::IntArrayRef sizes, const at::TensorOptions& options) {
    return at::Tensor(at::detail::empty_cuda(sizes, options));
  }
  static const Rows& checked(const Rows& rows) {
    TORCH_CHECK(rows.dims <= max_row_dims, "act: expected rows in at most ", max_row_dims,
                " dimensions on a CUDA device, got ", rows.dims, " that cannot be joined");
    return rows;
  }
};

}  // namespace act::cuda
