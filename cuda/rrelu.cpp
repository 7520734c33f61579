// rrelu in training on a CUDA device.
#include "rrelu.h"

#include <torch/library.h>

#include <vector>

#include "../csrc/checks.h"
#include "tensors.h"

namespace act::cuda {
namespace {

// A tensor whose strides are the elements' places in row-major order. It is never read, and its
// memory need not be there: TensorIterator's address arithmetic carries the places through any
// reordering and coalescing of the dimensions.
at::Tensor places_of(const at::Tensor& self) {
  auto places = at::detail::make_tensor<c10::TensorImpl>(c10::Storage(self.storage()),
                                                         self.key_set(), self.dtype());
  places.unsafeGetTensorImpl()->set_sizes_contiguous(self.sizes());
  return places;
}

RandomSlopes random_slopes(const at::Tensor& contiguous_states, const ParameterValues& bounds,
                           const at::Tensor& self) {
  static_assert(sizeof(elementary::PhiloxState) == 2 * sizeof(int64_t));
  return {bounds.first, bounds.second,
          static_cast<const elementary::PhiloxState*>(contiguous_states.const_data_ptr()),
          self.numel() / (contiguous_states.numel() / 2)};
}

// The tensors in the order of the launcher's operands; results are the first so many.
void run(Rrelu what, at::TensorList tensors, std::size_t results, const at::Tensor& state,
         const ParameterValues& bounds) {
  const at::Tensor& self = tensors.back();
  if (self.numel() == 0) return;
  const at::Tensor states = state.contiguous();
  const RandomSlopes slopes = random_slopes(states, bounds, self);
  const Storage storage = storage_of(self);
  DenseRrelu dense{{}, self.numel()};
  bool is_dense = true;
  for (std::size_t k = 0; k < tensors.size(); ++k) {
    is_dense &= tensors[k].is_contiguous();
    dense.operand[k] = const_cast<char*>(const_data_of(tensors[k]));
  }
  if (is_dense) {
    C10_CUDA_CHECK(cuda::rrelu(what, storage, dense, slopes, current_stream()));
    return;
  }
  const at::Tensor places = places_of(self);
  std::vector<at::Tensor> inputs = tensors.slice(results).vec();
  inputs.push_back(places);
  C10_CUDA_CHECK(cuda::rrelu(what, storage, operands_of(tensors.slice(0, results), inputs),
                             const_data_of(places), slopes, current_stream()));
}

at::Tensor rrelu(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                 const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = empty_result(self);
  run(Rrelu::value, {result, self}, 1, state, bounds);
  return result;
}

at::Tensor& rrelu_(at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                   const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  at::assert_no_internal_overlap(self);
  const c10::cuda::CUDAGuard guard(self.device());
  run(Rrelu::value, {self, self}, 1, state, bounds);
  return self;
}

at::Tensor& rrelu_out(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                      const at::Scalar& upper, at::Tensor& out) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  check_out("rrelu", out, self);
  const c10::cuda::CUDAGuard guard(self.device());
  prepare_out(out, {self});
  run(Rrelu::value, {out, self}, 1, state, bounds);
  return out;
}

at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& saved,
                          const at::Tensor& state, const at::Scalar& lower, const at::Scalar& upper,
                          bool is_result) {
  const ParameterValues bounds =
      check_rrelu_backward(grad_output, saved, state, lower, upper, is_result);
  const c10::cuda::CUDAGuard guard(saved.device());
  at::Tensor grad_input = empty_result(saved);
  run(Rrelu::backward, {grad_input, grad_output, saved}, 1, state, bounds);
  return grad_input;
}

std::tuple<at::Tensor, at::Tensor> rrelu_with_slopes(const at::Tensor& self,
                                                     const at::Tensor& state,
                                                     const at::Scalar& lower,
                                                     const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = empty_result(self);
  at::Tensor slopes = at::empty_like(result, result.options().dtype(rrelu_slopes_dtype(self)));
  run(Rrelu::value_and_slopes, {result, slopes, self}, 2, state, bounds);
  return {result, slopes};
}

at::Tensor rrelu_backward_from_slopes(const at::Tensor& grad_output, const at::Tensor& slopes) {
  check_rrelu_slopes(slopes, grad_output);
  const c10::cuda::CUDAGuard guard(grad_output.device());
  at::Tensor grad_input = empty_result(grad_output);
  if (grad_output.numel() == 0) return grad_input;
  C10_CUDA_CHECK(cuda::rrelu_backward_from_slopes(
      storage_of(grad_output), operands_of({grad_input}, {grad_output, slopes}), current_stream()));
  return grad_input;
}

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  m.impl("rrelu_with_state", &rrelu);
  m.impl("rrelu_with_state_", &rrelu_);
  m.impl("rrelu_with_state.out", &rrelu_out);
  m.impl("rrelu_backward", &rrelu_backward);
  m.impl("rrelu_with_slopes", &rrelu_with_slopes);
  m.impl("rrelu_backward_from_slopes", &rrelu_backward_from_slopes);
}

}  // namespace
}  // namespace act::cuda
