// prelu on the CPU: the weight takes part as an operand broadcast over all dimensions but the
// channel's.
#include <ATen/ops/empty_like.h>
#include <act/activations.h>
#include <torch/library.h>

#include <algorithm>
#include <vector>

#include "../broadcast_weight.h"
#include "../checks.h"
#include "elementwise.h"

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
  for_each_element(std::array{result, self, broadcast_weight(weight, self)},
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

// The weight's gradient is a sum over the tensor. It is cut into parts by the tensor's shape alone,
// each summed on its own and all added in order, so that the result does not depend on the number
// of threads.
std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self,
                                                  const at::Tensor& weight) {
  check_prelu(self, weight);
  check_same("prelu_backward", "grad_output", grad_output, self);
  at::Tensor grad_input = empty_result(self);
  at::Tensor grad_weight = at::empty_like(weight, at::MemoryFormat::Contiguous);

  const int64_t size = self.numel();
  const int64_t channels = weight.numel();
  constexpr int64_t most_parts = 64;
  const int64_t parts = std::clamp<int64_t>(size / std::max(grain, 8 * channels), 1, most_parts);
  std::vector<double> sums(static_cast<std::size_t>(parts * channels), 0.0);

  if (size != 0) {
    // The kernel tells channels apart by address: each needs one of its own.
    const at::Tensor slopes = broadcast_weight(weight.contiguous(), self);
    at::TensorIteratorConfig config;
    config.set_check_mem_overlap(false).check_all_same_dtype(true).resize_outputs(false);
    config.add_output(grad_input).add_const_input(grad_output).add_const_input(self);
    config.add_const_input(slopes);
    at::TensorIterator iterator = config.build();
    const Storage storage = storage_of(self);
    const bool stream = should_stream(std::array{grad_input, grad_output, self});
    const auto* first_weight = static_cast<const char*>(slopes.const_data_ptr());
    at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t part = begin; part < end; ++part) {
        double* of_part = sums.data() + part * channels;
        iterator.serial_for_each(
            [&](char** data, const int64_t* strides, int64_t columns, int64_t rows) {
              kernels().prelu_backward(storage, {data, strides, columns, rows, stream},
                                       first_weight, of_part);
            },
            {size * part / parts, size * (part + 1) / parts});
      }
    });
  }

  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t channel = 0; channel < channels; ++channel) {
      sums[static_cast<std::size_t>(channel)] +=
          sums[static_cast<std::size_t>(part * channels + channel)];
    }
  }
  const at::Tensor total = at::from_blob(sums.data(), weight.sizes(), at::kDouble);
  grad_weight.copy_(total);
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
