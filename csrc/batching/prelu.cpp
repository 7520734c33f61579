// vmap of prelu, whose channels are dimension 1 of each sample.
#include <torch/library.h>

#include "../checks.h"
#include "../dispatcher.h"
#include "level.h"

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

// The sizes of one sample.
std::vector<c10::SymInt> sample_sizes(const Batch& batch) {
  std::vector<c10::SymInt> sizes = batch.tensor.sym_sizes().vec();
  if (batch.dim) sizes.erase(sizes.begin() + *batch.dim);
  return sizes;
}

bool is_single(const std::vector<c10::SymInt>& weight_sizes) {
  return weight_sizes.empty() || weight_sizes[0] == 1;
}

// Samples with weights of their own: sample and channel together make the channels of one call.
class OwnWeights {
 public:
  OwnWeights(const Level& level, const Batch& self, const Batch& weight)
      : size_(level.size()),
        self_dims_(self.logical_dims()),
        weight_sizes_(sample_sizes(weight)),
        single_(is_single(weight_sizes_)),
        weight_(weight.with_batch_at(0, size_).reshape_symint({-1})) {}

  const Tensor& weight() const { return weight_; }

  // (N, C, …) of each sample to (N, B·C, …), or to (N, B, …) where it has one weight.
  Tensor channels_of(const Batch& batch) const {
    const Tensor x = batch.with_batch_at(self_dims_ == 0 ? 0 : 1, size_);
    if (self_dims_ == 0) return x.unsqueeze(0);
    return single_ ? x : x.flatten(1, 2);
  }
  // What channels_of made, as it was, with the vmapped dimension at batch_dim().
  Tensor samples_of(const Tensor& channels) const {
    if (self_dims_ == 0) return channels.squeeze(0);
    return single_ ? channels : channels.unflatten_symint(1, {size_, weight_sizes_[0]});
  }
  int64_t batch_dim() const { return self_dims_ == 0 ? 0 : 1; }

  Tensor weights_of_samples(const Tensor& weights) const {
    std::vector<c10::SymInt> sizes = weight_sizes_;
    sizes.insert(sizes.begin(), size_);
    return weights.reshape_symint(sizes);
  }

 private:
  c10::SymInt size_;
  int64_t self_dims_;
  std::vector<c10::SymInt> weight_sizes_;
  bool single_;
  Tensor weight_;
};

// Samples that share their weights: the vmapped dimension goes to the end, behind the channels.
Tensor channels_second(const Batch& self) {
  return self.dim ? self.tensor.movedim(*self.dim, -1) : self.tensor;
}

Tensor prelu(const Tensor& self, const Tensor& weight) {
  const Level level;
  const Batch x = level.unwrap(self), w = level.unwrap(weight);
  check_prelu_shapes(sample_sizes(x), sample_sizes(w));
  if (!w.dim) {
    const Tensor result = value_op().call(channels_second(x), w.tensor);
    return level.wrap(result, x.dim ? std::optional(result.dim() - 1) : std::nullopt);
  }
  const OwnWeights own(level, x, w);
  const Tensor result = value_op().call(own.channels_of(x), own.weight());
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
  const OwnWeights own(level, x, w);
  const Tensor result = own.samples_of(value_op().call(own.channels_of(x), own.weight()));
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
  const OwnWeights own(level, x, w);
  const auto [grad_input, grad_weight] =
      backward_op().call(own.channels_of(g), own.channels_of(x), own.weight());
  return {level.wrap(own.samples_of(grad_input), own.batch_dim()),
          level.wrap(own.weights_of_samples(grad_weight), 0)};
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

}  // namespace
}  // namespace act::batching
