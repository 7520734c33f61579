// prelu on the CPU: the weight takes part as an operand broadcast over all dimensions but the
// channel's.
#include <act/activations.h>

#include "../prelu_kernels.h"
#include "channel_operand.h"
#include "channel_sums.h"

namespace act::cpu {
namespace {

double only_value(const at::Tensor& weight) {
  switch (weight.scalar_type()) {
    case at::kDouble:
      return *weight.const_data_ptr<double>();
    case at::kBFloat16:
      return *weight.const_data_ptr<at::BFloat16>();
    case at::kHalf:
      return *weight.const_data_ptr<at::Half>();
    default:
      return *weight.const_data_ptr<float>();
  }
}

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }

  // One weight for all is a leaky_relu.
  static void run(const at::Tensor& result, const at::Tensor& self, const at::Tensor& weight) {
    const Storage storage = storage_of(self);
    if (weight.numel() == 1) {
      const ParameterValues slope{only_value(weight), 0};
      return for_each_element(std::array{result, self}, [&](const Operands& o) {
        kernels().pointwise(Activations::index_of<formulas::LeakyRelu>(), Pointwise::value,
                            Saved::input, storage, o, slope);
      });
    }
    for_each_element(std::array{result, self, weight_operand(weight, self)},
                     [&](const Operands& o) { kernels().prelu(storage, o); });
  }

  static void run_backward(const at::Tensor& grad_input, const at::Tensor& grad_weight,
                           const at::Tensor& grad_output, const at::Tensor& self,
                           const at::Tensor& weight) {
    // The kernel tells channels apart by address: each needs one of its own.
    const at::Tensor slopes = weight_operand(weight.contiguous(), self);
    const auto* first_weight = static_cast<const char*>(slopes.const_data_ptr());
    const bool stream = should_stream(std::array{grad_input, grad_output, self});
    for_each_element_and_channel(std::array{grad_input, grad_output, self, slopes}, grad_weight,
                                 stream,
                                 [&, storage = storage_of(self)](const Operands& o, double* sums) {
                                   kernels().prelu_backward(storage, o, first_weight, sums);
                                 });
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) { PreluKernelsOf<Device>::implement(m); }

}  // namespace
}  // namespace act::cpu
