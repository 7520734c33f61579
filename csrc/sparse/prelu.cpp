// prelu on sparse tensors, with a dense weight: 0 stays 0 whatever the slope.
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "../checks.h"
#include "../dispatcher.h"
#include "pattern.h"

namespace act::sparse {
namespace {

using at::Tensor;
using Gradients = std::tuple<Tensor, Tensor>;

// Which channel each value of a COO tensor belongs to; undefined where the values themselves have
// the channels as their dimension 1, or all share one weight.
Tensor channel_of_values(const Tensor& pattern, const Tensor& weight) {
  if (weight.numel() == 1) return {};
  TORCH_CHECK(pattern.layout() == at::kSparse,
              "act::prelu: expected one weight, or an input in COO layout (to_sparse()), got ",
              weight.numel(), " weights and ", pattern.layout());
  return pattern.sparse_dim() == 1 ? Tensor() : pattern._indices().select(0, 1);
}

Tensor prelu(const Tensor& self, const Tensor& weight) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("prelu");
  check_prelu(self, weight);
  const Tensor input = without_duplicates(self), values = values_of(input);
  const Tensor channel = channel_of_values(input, weight);
  if (!channel.defined()) return with_values(input, op.call(values, weight));
  // Seen as one batch in which each value is a channel of its own.
  const Tensor slopes = weight.index_select(0, channel);
  return with_values(input, op.call(values.unsqueeze(0), slopes).squeeze(0));
}

Tensor& prelu_(Tensor& self, const Tensor& weight) {
  check_without_duplicates("prelu", self);
  values_of(self).copy_(values_of(prelu(self, weight)));
  return self;
}

Tensor& prelu_out(const Tensor& self, const Tensor& weight, Tensor& out) {
  check_out("prelu", out, self);
  return write_out("prelu", out, prelu(self, weight));
}

Gradients prelu_backward(const Tensor& grad_output, const Tensor& self, const Tensor& weight) {
  static const auto op =
      find_op<Gradients(const Tensor&, const Tensor&, const Tensor&)>("prelu_backward");
  check_prelu(self, weight);
  check_same("prelu_backward", "grad_output", grad_output, self);
  if (self.layout() == at::kStrided) return op.call(grad_output.to_dense(), self, weight);
  const Tensor input = without_duplicates(self), values = values_of(input);
  const Tensor gradient = values_at(grad_output, input);
  const Tensor channel = channel_of_values(input, weight);
  if (!channel.defined()) {
    auto [grad_values, grad_weight] = op.call(gradient, values, weight);
    return {with_values(input, grad_values), grad_weight};
  }
  const Tensor slopes = weight.index_select(0, channel);
  auto [grad_values, grad_slopes] = op.call(gradient.unsqueeze(0), values.unsqueeze(0), slopes);
  // Half types would lose the sum's digits.
  Tensor sums = at::zeros_like(weight, weight.options().dtype(at::kDouble));
  sums.index_add_(0, channel, grad_slopes.to(at::kDouble));
  return {with_values(input, grad_values.squeeze(0)), sums.to(weight.scalar_type())};
}

void implement_all(torch::Library& m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

TORCH_LIBRARY_IMPL(act, SparseCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCUDA, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCUDA, m) { implement_all(m); }

}  // namespace
}  // namespace act::sparse
