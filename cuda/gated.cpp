// Gated activations on a CUDA device.
#include "gated.h"

#include "../csrc/gated_kernels.h"
#include "tensors.h"

namespace act::cuda {
namespace {

struct Device {
  static constexpr bool has_memory = true;
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_like(const at::Tensor& self) { return at::empty_like(self); }
  static void resize(const at::Tensor& out, const at::Tensor& like) {
    at::native::resize_output(out, like.sizes());
  }

  static void value(const BoundFormula& formula, const at::Tensor& result, const at::Tensor& gate,
                    const at::Tensor& other) {
    if (result.numel() == 0) return;
    C10_CUDA_CHECK(cuda::gated(formula.index, Pointwise::value, storage_of(result),
                               operands_of({result}, {gate, other}), formula.values,
                               current_stream()));
  }

  static void backward(const BoundFormula& formula, const at::Tensor& grad_gate,
                       const at::Tensor& grad_other, const at::Tensor& grad_output,
                       const at::Tensor& gate, const at::Tensor& other) {
    if (gate.numel() == 0) return;
    C10_CUDA_CHECK(cuda::gated(formula.index, Pointwise::backward, storage_of(gate),
                               operands_of({grad_gate, grad_other}, {grad_output, gate, other}),
                               formula.values, current_stream()));
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { GatedKernelsOf<Device>::implement(m); }

}  // namespace
}  // namespace act::cuda
