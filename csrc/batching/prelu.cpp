// vmap of prelu, whose channels are dimension 1 of each sample.
#include <torch/library.h>

#include "../checks.h"
#include "../dispatcher.h"
#include "own_parameters.h"

namespace act::batching {
namespace {

using at::Tensor;

const auto& value_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("prelu");
  return op;
}
const auto& backward_op() {
  static const auto op =
      find_op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&)>(
          "prelu_backward");
  return op;
}

Tensor prelu(const Tensor& self, const Tensor& weight) {
  const Level level;
  const Batch x = level.unwrap(self), w = level.unwrap(weight);
  check_prelu_shapes(sample_sizes(x), sample_sizes(w));
  if (!w.dim) {
    const Tensor result = value_op().call(channels_second(x), w.tensor);
    return level.wrap(result, x.dim ? std::optional(result.dim() - 1) : std::nullopt);
  }
  const OwnParameters<1> own(level, x, {w});
  const Tensor result = value_op().call(own.channels_of(x), own.parameters()[0]);
  return level.wrap(own.samples_of(result), own.batch_dim());
}

Tensor& prelu_(Tensor& self, const Tensor& weight) {
  static const auto op = find_op<Tensor&(Tensor&, const Tensor&)>("prelu_");
  const Level level;
  const Batch x = level.unwrap(self), w = level.unwrap(weight);
  check_prelu_shapes(sample_sizes(x), sample_sizes(w));
  check_in_place("prelu_", x, w);
  if (!w.dim) {
    Tensor all = channels_second(x);
    op.call(all, w.tensor);
    return self;
  }
  // (N, B·C, …) may be a copy.
  const OwnParameters<1> own(level, x, {w});
  const Tensor result = own.samples_of(value_op().call(own.channels_of(x), own.parameters()[0]));
  x.tensor.movedim(*x.dim, own.batch_dim()).copy_(result);
  return self;
}

Tensor& prelu_out(const Tensor& self, const Tensor& weight, Tensor& out) {
  return write_to_out("prelu", value_op().call(self, weight), out);
}

// Each sample has a weight gradient of its own, also where they share the weights.
std::tuple<Tensor, Tensor> prelu_backward(const Tensor& grad_output, const Tensor& self,
                                          const Tensor& weight) {
  const Level level;
  const Batch g = level.unwrap(grad_output), x = level.unwrap(self), w = level.unwrap(weight);
  if (!g.dim && !x.dim && !w.dim) return backward_op().call(g.tensor, x.tensor, w.tensor);
  check_prelu_shapes(sample_sizes(x), sample_sizes(w));
  const OwnParameters<1> own(level, x, {w});
  const auto [grad_input, grad_weight] =
      backward_op().call(own.channels_of(g), own.channels_of(x), own.parameters()[0]);
  return {level.wrap(own.samples_of(grad_input), own.batch_dim()),
          level.wrap(own.gradients_of_samples(grad_weight, 0), 0)};
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

}  // namespace
}  // namespace act::batching
