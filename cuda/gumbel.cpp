// The noise of gumbel_softmax on a CUDA device.
#include "gumbel.h"

#include <torch/library.h>

#include "../csrc/gumbel_noise.h"
#include "tensors.h"

namespace act::cuda {
namespace {

at::Tensor add_gumbel(const at::Tensor& self, const at::Tensor& state) {
  check_add_gumbel(self, state);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = at::Tensor(at::detail::empty_cuda(self.sizes(), self.options()));
  if (self.numel() == 0) return result;
  // A tensor with gaps, or in another order, is copied: its elements' places are row-major.
  const at::Tensor x = self.contiguous(), states = state.contiguous();
  C10_CUDA_CHECK(cuda::add_gumbel(
      storage_of(self),
      AddGumbel{result.mutable_data_ptr(), x.const_data_ptr(), self.numel(),
                static_cast<const elementary::PhiloxState*>(states.const_data_ptr()),
                self.numel() / (states.numel() / 2)},
      current_stream()));
  return result;
}

TORCH_LIBRARY_IMPL(act, CUDA, m) { m.impl("add_gumbel", &add_gumbel); }

}  // namespace
}  // namespace act::cuda
