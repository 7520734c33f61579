// prelu on a CUDA device.
#include "prelu.h"

#include <torch/library.h>

#include "../csrc/broadcast_weight.h"
#include "../csrc/checks.h"
#include "channel_tensors.h"
#include "prelu_backward.h"

namespace act::cuda {
namespace {

ChannelLayout layout_of(const at::Tensor& dense, const at::Tensor& weight) {
  const int64_t channels = weight.numel();
  return {channels, channels == 1 ? dense.numel() : dense.stride(1)};
}

void run(const at::Tensor& result, const at::Tensor& self, const at::Tensor& weight) {
  if (self.numel() == 0) return;
  const Storage storage = storage_of(self);
  if (is_dense(result, {self}) && weight.numel() < most_channels) {
    const at::Tensor weights = weight.contiguous();
    const DenseChannels dense{data_of(result), const_data_of(self), const_data_of(weights),
                              self.numel(), layout_of(self, weight)};
    C10_CUDA_CHECK(cuda::prelu(storage, dense, current_stream()));
    return;
  }
  const Operands operands = operands_of({result}, {self, broadcast_weight(weight, self)});
  C10_CUDA_CHECK(cuda::prelu(storage, operands, current_stream()));
}

at::Tensor prelu(const at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor result = empty_result(self);
  run(result, self, weight);
  return result;
}

at::Tensor& prelu_(at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  at::assert_no_internal_overlap(self);
  at::assert_no_overlap(self, weight);
  const c10::cuda::CUDAGuard guard(self.device());
  run(self, self, weight);
  return self;
}

at::Tensor& prelu_out(const at::Tensor& self, const at::Tensor& weight, at::Tensor& out) {
  check_prelu(self, weight);
  check_out("prelu", out, self);
  at::assert_no_overlap(out, weight);
  const c10::cuda::CUDAGuard guard(self.device());
  prepare_out(out, {self});
  run(out, self, weight);
  return out;
}

StridedChannelBackward strided_backward(const at::Tensor& grad_input, const at::Tensor& grad_output,
                                        const at::Tensor& self, const ChannelValues& weights) {
  if (weights.channels > 1) {
    return strided_channel_backward(grad_input, grad_output, self, weights, /*dim=*/1);
  }
  return {operands_of({grad_input}, {grad_output, self}), {0, 0, 0}, weights};
}

std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self,
                                                  const at::Tensor& weight) {
  check_prelu(self, weight);
  check_same("prelu_backward", "grad_output", grad_output, self);
  const c10::cuda::CUDAGuard guard(self.device());
  at::Tensor grad_input = empty_result(self);
  at::Tensor grad_weight = at::empty_like(weight, at::MemoryFormat::Contiguous);
  if (self.numel() == 0) return {grad_input, grad_weight.zero_()};

  const Storage storage = storage_of(self);
  const at::Tensor contiguous = weight.contiguous();
  const ChannelValues weights{const_data_of(contiguous), data_of(grad_weight), weight.numel()};
  if (is_dense(grad_input, {grad_output, self})) {
    const DenseChannelBackward dense{data_of(grad_input), const_data_of(grad_output),
                                     const_data_of(self), weights,
                                     self.numel(),        layout_of(self, weight)};
    const at::Tensor sums = empty_sums(channel_backward_sums(storage, dense), self);
    C10_CUDA_CHECK(
        cuda::prelu_backward(storage, dense, sums.mutable_data_ptr<double>(), current_stream()));
  } else {
    const StridedChannelBackward strided = strided_backward(grad_input, grad_output, self, weights);
    const at::Tensor sums = empty_sums(channel_backward_sums(strided), self);
    C10_CUDA_CHECK(
        cuda::prelu_backward(storage, strided, sums.mutable_data_ptr<double>(), current_stream()));
  }
  return {grad_input, grad_weight};
}

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

}  // namespace
}  // namespace act::cuda
