// Bias and activation on a CUDA device.
#include "bias_act.h"

#include "../csrc/bias_act_kernels.h"
#include "../csrc/broadcast_weight.h"
#include "channel_tensors.h"

namespace act::cuda {
namespace {

struct Device {
  static constexpr bool has_memory = true;
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self) { return cuda::empty_result(self); }
  static void resize(const at::Tensor& out, const at::Tensor& like) {
    at::native::resize_output(out, like.sizes());
  }

  static void value(const BoundBiasAct& bound, const at::Tensor& result, const at::Tensor& self,
                    const at::Tensor& bias) {
    if (self.numel() == 0) return;
    const BiasActFormula formula{bound.formula.index, bound.formula.values, Saved::input};
    const Storage storage = storage_of(self);
    if (is_dense(result, {self}) && bias.numel() < most_channels) {
      const at::Tensor contiguous = bias.contiguous();
      const DenseChannels dense{data_of(result), const_data_of(self), const_data_of(contiguous),
                                self.numel(), layout_of(self, bound.dim)};
      C10_CUDA_CHECK(cuda::bias_act(formula, storage, dense, current_stream()));
      return;
    }
    const Operands operands = operands_of({result}, {self, broadcast_along(bias, self, bound.dim)});
    C10_CUDA_CHECK(cuda::bias_act(formula, storage, operands, current_stream()));
  }

  static void backward(const BoundBiasAct& bound, Saved kind, const at::Tensor& grad_input,
                       const at::Tensor& grad_bias, const at::Tensor& grad_output,
                       const at::Tensor& saved, const at::Tensor& bias) {
    if (saved.numel() == 0) {
      grad_bias.zero_();
      return;
    }
    const BiasActFormula formula{bound.formula.index, bound.formula.values, kind};
    const Storage storage = storage_of(saved);
    const at::Tensor contiguous = bias.contiguous();
    const ChannelValues values{const_data_of(contiguous), data_of(grad_bias), bias.numel()};
    const auto launch = [&](const auto& backward, int64_t count) {
      const at::Tensor sums = empty_sums(count, saved);
      C10_CUDA_CHECK(cuda::bias_act_backward(formula, storage, backward,
                                             sums.mutable_data_ptr<double>(), current_stream()));
    };
    if (is_dense(grad_input, {grad_output, saved})) {
      const DenseChannelBackward dense{data_of(grad_input),  const_data_of(grad_output),
                                       const_data_of(saved), values,
                                       saved.numel(),        layout_of(saved, bound.dim)};
      launch(dense, channel_backward_sums(storage, dense));
    } else {
      const StridedChannelBackward strided =
          strided_channel_backward(grad_input, grad_output, saved, values, bound.dim);
      launch(strided, channel_backward_sums(strided));
    }
  }

 private:
  // A dimension of one index has any stride.
  static ChannelLayout layout_of(const at::Tensor& dense, int64_t dim) {
    const int64_t channels = dense.size(dim);
    return {channels, channels == 1 ? dense.numel() : dense.stride(dim)};
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) { BiasActKernelsOf<Device>::implement(m); }

}  // namespace
}  // namespace act::cuda
