// The softmax family on a CUDA device.
#include "softmax.h"

#include <torch/library.h>

#include "../csrc/row_layout.h"
#include "../csrc/softmax_kernels.h"
#include "tensors.h"

namespace act::cuda {
namespace {

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty(at::IntArrayRef sizes, const at::TensorOptions& options) {
    return at::Tensor(at::detail::empty_cuda(sizes, options));
  }
  static void forward(const std::array<at::Tensor, 2>& tensors, int64_t dim,
                      Normalization normalization, bool negate) {
    const RowLayout<2> layout(tensors, dim);
    C10_CUDA_CHECK(softmax(checked(layout.rows()), normalization, negate, current_stream()));
  }
  static void backward(const std::array<at::Tensor, 3>& tensors, int64_t dim,
                       Normalization normalization, bool negate) {
    const RowLayout<3> layout(tensors, dim);
    C10_CUDA_CHECK(
        softmax_backward(checked(layout.rows()), normalization, negate, current_stream()));
  }

  static const Rows& checked(const Rows& rows) {
    TORCH_CHECK(rows.dims <= max_row_dims, "act: expected rows in at most ", max_row_dims,
                " dimensions on a CUDA device, got ", rows.dims, " that cannot be joined");
    return rows;
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { implement_softmax<SoftmaxKernels<Device>::Kernel>(m); }

}  // namespace
}  // namespace act::cuda
