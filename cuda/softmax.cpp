// The softmax family on a CUDA device.
#include "softmax.h"

#include <torch/library.h>

#include "../csrc/softmax_kernels.h"
#include "rows.h"

namespace act::cuda {
namespace {

struct Device : RowDevice {
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
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { implement_softmax<SoftmaxKernels<Device>::Kernel>(m); }

}  // namespace
}  // namespace act::cuda
