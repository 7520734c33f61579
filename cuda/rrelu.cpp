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

void run(Rrelu what, const at::Tensor& result, std::initializer_list<at::Tensor> inputs,
         const at::Tensor& state, const ParameterValues& bounds) {
  if (result.numel() == 0) return;
  const at::Tensor& self = *(inputs.end() - 1);
  const at::Tensor states = state.contiguous();
  const RandomSlopes slopes = random_slopes(states, bounds, self);
  const Storage storage = storage_of(self);
  DenseRrelu dense{{data_of(result)}, result.numel()};
  bool is_dense = result.is_contiguous();
  int k = 1;
  for (const at::Tensor& input : inputs) {
    is_dense &= input.is_contiguous();
    dense.operand[k++] = const_cast<char*>(const_data_of(input));
  }
  if (is_dense) {
    C10_CUDA_CHECK(cuda::rrelu(what, storage, dense, slopes, current_stream()));
    return;
  }
  std::vector<at::Tensor> read(inputs);
  const at::Tensor places = places_of(self);
  read.push_back(places);
  C10_CUDA_CHECK(cuda::rrelu(what, storage, operands_of({result}, read), const_data_of(places),
                             slopes, current_stream()));
}

at::Tensor rrelu(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                 const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = empty_result(self);
  run(Rrelu::value, result, {self}, state, bounds);
  return result;
}

at::Tensor& rrelu_(at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                   const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  at::assert_no_internal_overlap(self);
  const c10::cuda::CUDAGuard guard(self.device());
  run(Rrelu::value, self, {self}, state, bounds);
  return self;
}

at::Tensor& rrelu_out(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                      const at::Scalar& upper, at::Tensor& out) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  check_out("rrelu", out, self);
  const c10::cuda::CUDAGuard guard(self.device());
  prepare_out(out, {self});
  run(Rrelu::value, out, {self}, state, bounds);
  return out;
}

at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& saved,
                          const at::Tensor& state, const at::Scalar& lower, const at::Scalar& upper,
                          bool is_result) {
  const ParameterValues bounds =
      check_rrelu_backward(grad_output, saved, state, lower, upper, is_result);
  const c10::cuda::CUDAGuard guard(saved.device());
  at::Tensor grad_input = empty_result(saved);
  run(Rrelu::backward, grad_input, {grad_output, saved}, state, bounds);
  return grad_input;
}

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  m.impl("rrelu_with_state", &rrelu);
  m.impl("rrelu_with_state_", &rrelu_);
  m.impl("rrelu_with_state.out", &rrelu_out);
  m.impl("rrelu_backward", &rrelu_backward);
}

}  // namespace
}  // namespace act::cuda
