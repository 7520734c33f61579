// The ops whose parameters are tensors on a CUDA device.
#include "parametric.h"

#include <ATen/ops/empty.h>

#include "../csrc/parametric_kernels.h"
#include "tensors.h"

namespace act::cuda {
namespace {

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self) { return cuda::empty_result(self); }

  template <std::size_t count>
  static void run(int formula, const ParameterValues& scalars, const at::Tensor& result,
                  const at::Tensor& self, const std::array<at::Tensor, count>& parameters) {
    if (self.numel() == 0) return;
    C10_CUDA_CHECK(cuda::parametric(formula, storage_of(self),
                                    operands_with(result, self, parameters), scalars,
                                    current_stream()));
  }

  template <std::size_t count>
  static void run_backward(int formula, const ParameterValues& scalars,
                           const at::Tensor& grad_input, const at::Tensor& grad_output,
                           const at::Tensor& self, const std::array<at::Tensor, count>& parameters,
                           std::array<at::Tensor, count>& gradients) {
    if (self.numel() == 0) {
      for (at::Tensor& gradient : gradients) gradient.zero_();
      return;
    }
    ParametricBackward arguments = of_channels(grad_input, grad_output, self, parameters);
    std::array<at::Tensor, count> contiguous;
    for (std::size_t k = 0; k < count; ++k) {
      contiguous[k] = parameters[k].contiguous();
      arguments.parameters[k] = {const_data_of(contiguous[k]), data_of(gradients[k]),
                                 parameters[k].numel() > 1};
    }
    const at::Tensor sums =
        at::empty({parametric_backward_sums(arguments)}, self.options().dtype(at::kDouble));
    C10_CUDA_CHECK(cuda::parametric_backward(formula, storage_of(self), arguments, scalars,
                                             sums.mutable_data_ptr<double>(), current_stream()));
  }

 private:
  template <std::size_t count>
  static Operands operands_with(const at::Tensor& result, const at::Tensor& self,
                                const std::array<at::Tensor, count>& parameters) {
    if constexpr (count == 1) {
      return operands_of({result}, {self, broadcast_weight(parameters[0], self)});
    } else {
      return operands_of({result}, {self, broadcast_weight(parameters[0], self),
                                    broadcast_weight(parameters[1], self)});
    }
  }

  // One channel for all where every parameter is one value.
  template <std::size_t count>
  static ParametricBackward of_channels(const at::Tensor& grad_input, const at::Tensor& grad_output,
                                        const at::Tensor& self,
                                        const std::array<at::Tensor, count>& parameters) {
    int64_t channels = 1;
    for (const at::Tensor& parameter : parameters) channels = std::max(channels, parameter.numel());
    if (channels == 1) {
      return {operands_of({grad_input}, {grad_output, self}), {0, 0, 0}, 1, {}};
    }
    const auto stride = [](const at::Tensor& tensor) {
      return tensor.stride(1) * static_cast<int64_t>(tensor.element_size());
    };
    return {operands_of({grad_input.select(1, 0)}, {grad_output.select(1, 0), self.select(1, 0)}),
            {stride(grad_input), stride(grad_output), stride(self)},
            channels,
            {}};
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  for_each_parametric_op(
      [&]<class Op>() { implement_parametric<Op, ParametricKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cuda
