// prelu on a CUDA device.
#include "prelu.h"

#include "../csrc/broadcast_weight.h"
#include "../csrc/prelu_kernels.h"
#include "channel_tensors.h"
#include "prelu_backward.h"

namespace act::cuda {
namespace {

ChannelLayout layout_of(const at::Tensor& dense, const at::Tensor& weight) {
  const int64_t channels = weight.numel();
  return {channels, channels == 1 ? dense.numel() : dense.stride(1)};
}

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self) { return cuda::empty_result(self); }

  static void run(const at::Tensor& result, const at::Tensor& self, const at::Tensor& weight) {
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

  static void run_backward(const at::Tensor& grad_input, const at::Tensor& grad_weight,
                           const at::Tensor& grad_output, const at::Tensor& self,
                           const at::Tensor& weight) {
    if (self.numel() == 0) {
      grad_weight.zero_();
      return;
    }
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
      const StridedChannelBackward strided =
          strided_backward(grad_input, grad_output, self, weights);
      const at::Tensor sums = empty_sums(channel_backward_sums(strided), self);
      C10_CUDA_CHECK(cuda::prelu_backward(storage, strided, sums.mutable_data_ptr<double>(),
                                          current_stream()));
    }
  }

 private:
  static StridedChannelBackward strided_backward(const at::Tensor& grad_input,
                                                 const at::Tensor& grad_output,
                                                 const at::Tensor& self,
                                                 const ChannelValues& weights) {
    if (weights.channels > 1) {
      return strided_channel_backward(grad_input, grad_output, self, weights, /*dim=*/1);
    }
    return {operands_of({grad_input}, {grad_output, self}), {0, 0, 0}, weights};
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { PreluKernelsOf<Device>::implement(m); }

}  // namespace
}  // namespace act::cuda
