// Bias and activation on the CPU and on meta tensors: the bias takes part as an operand broadcast
// over all dimensions but its own.
#include "bias_act.h"

#include "../bias_act_kernels.h"
#include "channel_operand.h"
#include "channel_sums.h"

namespace act::cpu {
namespace {

struct Device {
  static constexpr bool has_memory = true;
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }
  static void resize(const at::Tensor& out, const at::Tensor& like) {
    at::native::resize_output(out, like.sizes());
  }

  static void value(const BoundBiasAct& bound, const at::Tensor& result, const at::Tensor& self,
                    const at::Tensor& bias) {
    for_each_element(std::array{result, self, channel_operand(bias, self, bound.dim)},
                     [&, storage = storage_of(self)](const Operands& o) {
                       kernels().bias_act->value(bound.formula.index, storage, o,
                                                 bound.formula.values);
                     });
  }

  static void backward(const BoundBiasAct& bound, Saved kind, const at::Tensor& grad_input,
                       const at::Tensor& grad_bias, const at::Tensor& grad_output,
                       const at::Tensor& saved, const at::Tensor& bias) {
    // The kernel tells channels apart by address: each needs one of its own.
    const at::Tensor biases = channel_operand(bias.contiguous(), saved, bound.dim);
    const auto* first = static_cast<const char*>(biases.const_data_ptr());
    const bool stream = should_stream(std::array{grad_input, grad_output, saved});
    for_each_element_and_channel(
        std::array{grad_input, grad_output, saved, biases}, grad_bias, stream,
        [&, storage = storage_of(saved)](const Operands& o, double* sums) {
          kernels().bias_act->backward(bound.formula.index, kind, storage, o, bound.formula.values,
                                       first, sums);
        });
  }
};

struct Meta {
  static constexpr bool has_memory = false;
  using Guard = Device::Guard;

  static at::Tensor empty_result(const at::Tensor& self) { return at::empty_like(self); }
  static void resize(at::Tensor& out, const at::Tensor& like) {
    if (out.sym_sizes() != like.sym_sizes()) out.resize__symint(like.sym_sizes());
  }
  static void value(const BoundBiasAct&, const at::Tensor&, const at::Tensor&, const at::Tensor&) {}
  static void backward(const BoundBiasAct&, Saved, const at::Tensor&, const at::Tensor&,
                       const at::Tensor&, const at::Tensor&, const at::Tensor&) {}
};

TORCH_LIBRARY_IMPL(act, CPU, m) { BiasActKernelsOf<Device>::implement(m); }
TORCH_LIBRARY_IMPL(act, Meta, m) { BiasActKernelsOf<Meta>::implement(m); }

}  // namespace
}  // namespace act::cpu
