// glu on a CUDA device.
#include "glu.h"

#include <torch/library.h>

#include "../csrc/halves.h"
#include "tensors.h"

namespace act::cuda {
namespace {

void compute(const at::Tensor& result, const Halves& in) {
  if (result.numel() == 0) return;
  C10_CUDA_CHECK(
      cuda::glu(storage_of(result), operands_of({result}, {in.a, in.b}), current_stream()));
}

at::Tensor glu(const at::Tensor& self, int64_t dim) {
  const Halves in = halves(self, dim);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = at::empty_like(in.a);
  compute(result, in);
  return result;
}

at::Tensor& glu_out(const at::Tensor& self, int64_t dim, at::Tensor& out) {
  const Halves in = halves(self, dim);
  check_out("glu", out, self);
  const c10::cuda::CUDAGuard guard(self.device());
  at::native::resize_output(out, in.a.sizes());
  at::assert_no_internal_overlap(out);
  at::assert_no_overlap(out, self);
  compute(out, in);
  return out;
}

at::Tensor glu_backward(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim) {
  const Halves in = halves(self, dim);
  check_same("glu_backward", "grad_output", grad_output, in.a);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor grad_input = at::empty_like(self);
  if (self.numel() == 0) return grad_input;
  const Halves out = halves(grad_input, dim);
  C10_CUDA_CHECK(cuda::glu_backward(
      storage_of(self), operands_of({out.a, out.b}, {grad_output, in.a, in.b}), current_stream()));
  return grad_input;
}

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
}

}  // namespace
}  // namespace act::cuda
