// The masked softmax family on a CUDA device.
#include "masked_softmax.h"

#include <torch/library.h>

#include "../csrc/masked_softmax_kernels.h"
#include "rows.h"

namespace act::cuda {
namespace {

struct Device : RowDevice {
  static void masked_forward(const std::array<at::Tensor, 3>& tensors, int64_t dim,
                             Normalization normalization, const Logits& logits) {
    const RowLayout<3> layout(tensors, dim);
    C10_CUDA_CHECK(masked_softmax(checked(layout.rows()), normalization, logits, current_stream()));
  }
  static void masked_backward(const std::array<at::Tensor, 3>& tensors, int64_t dim,
                              Normalization normalization, const Logits& logits) {
    const RowLayout<3> layout(tensors, dim);
    C10_CUDA_CHECK(
        masked_softmax_backward(checked(layout.rows()), normalization, logits, current_stream()));
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  implement_masked_softmax<MaskedSoftmaxKernels<Device>::Kernel>(m);
}

}  // namespace
}  // namespace act::cuda
