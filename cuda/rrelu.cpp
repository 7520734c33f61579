// rrelu in training on a CUDA device.
#include "rrelu.h"

#include <vector>

#include "../csrc/rrelu_kernels.h"
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

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self, at::ScalarType dtype) {
    if (dtype == self.scalar_type()) return cuda::empty_result(self);
    return at::empty_like(self, self.options().dtype(dtype));
  }

  static void value(const at::Tensor& result, const at::Tensor& self, const at::Tensor& state,
                    const ParameterValues& bounds) {
    run(Rrelu::value, {result, self}, 1, state, bounds);
  }
  static void backward(const at::Tensor& grad_input, const at::Tensor& grad_output,
                       const at::Tensor& saved, const at::Tensor& state,
                       const ParameterValues& bounds) {
    run(Rrelu::backward, {grad_input, grad_output, saved}, 1, state, bounds);
  }
  static void value_and_slopes(const at::Tensor& result, const at::Tensor& slopes,
                               const at::Tensor& self, const at::Tensor& state,
                               const ParameterValues& bounds) {
    run(Rrelu::value_and_slopes, {result, slopes, self}, 2, state, bounds);
  }
  static void backward_from_slopes(const at::Tensor& grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& slopes) {
    if (grad_output.numel() == 0) return;
    C10_CUDA_CHECK(cuda::rrelu_backward_from_slopes(
        storage_of(grad_output), operands_of({grad_input}, {grad_output, slopes}),
        current_stream()));
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { RreluKernelsOf<Device>::implement(m); }

}  // namespace
}  // namespace act::cuda
