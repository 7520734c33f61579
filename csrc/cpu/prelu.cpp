// prelu on the CPU: the weight takes part as an operand broadcast over all dimensions but the
// channel's.
#include <ATen/ops/empty_like.h>
#include <act/activations.h>
#include <torch/library.h>

#include "../checks.h"
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

// One weight for all is a leaky_relu.
void run(const at::Tensor& result, const at::Tensor& self, const at::Tensor& weight) {
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

at::Tensor prelu(const at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  at::Tensor result = empty_result(self);
  run(result, self, weight);
  return result;
}

at::Tensor& prelu_(at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  at::assert_no_internal_overlap(self);
  at::assert_no_overlap(self, weight);
  run(self, self, weight);
  return self;
}

at::Tensor& prelu_out(const at::Tensor& self, const at::Tensor& weight, at::Tensor& out) {
  check_prelu(self, weight);
  check_out("prelu", out, self);
  at::assert_no_overlap(out, weight);
  prepare_out(out, {self});
  run(out, self, weight);
  return out;
}

std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self,
                                                  const at::Tensor& weight) {
  check_prelu(self, weight);
  check_same("prelu_backward", "grad_output", grad_output, self);
  at::Tensor grad_input = empty_result(self);
  at::Tensor grad_weight = at::empty_like(weight, at::MemoryFormat::Contiguous);
  // The kernel tells channels apart by address: each needs one of its own.
  const at::Tensor slopes = weight_operand(weight.contiguous(), self);
  const auto* first_weight = static_cast<const char*>(slopes.const_data_ptr());
  const bool stream = should_stream(std::array{grad_input, grad_output, self});
  for_each_element_and_channel(std::array{grad_input, grad_output, self, slopes}, grad_weight,
                               stream,
                               [&, storage = storage_of(self)](const Operands& o, double* sums) {
                                 kernels().prelu_backward(storage, o, first_weight, sums);
                               });
  return {grad_input, grad_weight};
}

TORCH_LIBRARY_IMPL(act, CPU, m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

}  // namespace
}  // namespace act::cpu
