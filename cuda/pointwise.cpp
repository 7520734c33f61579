// The pointwise ops on a CUDA device.
#include "pointwise.h"

#include "../csrc/pointwise_kernels.h"
#include "tensors.h"

namespace act::cuda {
namespace {

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self) { return cuda::empty_result(self); }

  template <std::size_t count>
  static void run(const BoundFormula& formula, Pointwise order, Saved saved,
                  const std::array<at::Tensor, count>& operands) {
    if (operands[0].numel() == 0) return;
    const at::TensorList all(operands);
    C10_CUDA_CHECK(pointwise(formula.index, order, saved, storage_of(operands[0]),
                             operands_of(all.slice(0, 1), all.slice(1)), formula.values,
                             current_stream()));
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  for_each_op([&]<class Op>() { implement<Op, PointwiseKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cuda
