// vmap of bias and activation.
#include <torch/library.h>

#include "../dispatcher.h"
#include "../normalization.h"
#include "level.h"

namespace act::batching {
namespace {

using at::Tensor;
using Parameters = at::ArrayRef<double>;

const auto& value_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, int64_t, Parameters)>(
          "bias_act");
  return op;
}

// The dim of one sample, counted from the front.
int64_t dim_of_sample(const char* op, const Batch& self, int64_t dim) {
  TORCH_CHECK(self.logical_dims() > 0, "act::", op,
              ": expected a tensor with at least one dimension, got one without");
  return wrap_dim(op, dim, self.logical_dims());
}

// Samples with biases of their own: sample and channel together make the channels of one call.
class OwnBiases {
 public:
  OwnBiases(const char* op, const Level& level, const Batch& self, const Batch& bias, int64_t dim)
      : size_(level.size()), dim_(dim_of_sample(op, self, dim)) {
    TORCH_CHECK(bias.logical_dims() == 1, "act::", op,
                ": expected a bias of one dimension, got one of ", bias.logical_dims());
    const Tensor all = bias.with_batch_at(0, size_);
    channels_ = all.sym_size(1);
    bias_ = all.reshape_symint({-1});
  }

  const Tensor& bias() const { return bias_; }
  int64_t dim() const { return dim_; }

  Tensor channels_of(const Batch& batch) const {
    return batch.with_batch_at(dim_, size_).flatten(dim_, dim_ + 1);
  }
  // What channels_of made, as it was, with the vmapped dimension at dim().
  Tensor samples_of(const Tensor& channels) const {
    return channels.unflatten_symint(dim_, {size_, channels_});
  }
  Tensor biases_of_samples(const Tensor& biases) const {
    return biases.reshape_symint({size_, channels_});
  }

 private:
  c10::SymInt size_, channels_;
  int64_t dim_;
  Tensor bias_;
};

Tensor value(const Tensor& self, const Tensor& bias, std::string_view activation, int64_t dim,
             Parameters parameters) {
  const Level level;
  const Batch x = level.unwrap(self), b = level.unwrap(bias);
  if (b.dim) {
    const OwnBiases own("bias_act", level, x, b, dim);
    const Tensor result =
        value_op().call(own.channels_of(x), own.bias(), activation, own.dim(), parameters);
    return level.wrap(own.samples_of(result), own.dim());
  }
  int64_t place = dim_of_sample("bias_act", x, dim);
  if (x.dim && place >= *x.dim) ++place;
  return level.wrap(value_op().call(x.tensor, b.tensor, activation, place, parameters), x.dim);
}

Tensor& out(const Tensor& self, const Tensor& bias, std::string_view activation, int64_t dim,
            Parameters parameters, Tensor& result) {
  return write_to_out("bias_act", value_op().call(self, bias, activation, dim, parameters), result);
}

// Each sample has a gradient of the bias of its own, also where they share the bias.
std::tuple<Tensor, Tensor> backward(const Tensor& grad_output, const Tensor& saved,
                                    const Tensor& bias, std::string_view activation, int64_t dim,
                                    Parameters parameters, bool is_result) {
  static const auto op = find_op<std::tuple<Tensor, Tensor>(
      const Tensor&, const Tensor&, const Tensor&, std::string_view, int64_t, Parameters, bool)>(
      "bias_act_backward");
  const Level level;
  const Batch g = level.unwrap(grad_output), x = level.unwrap(saved), b = level.unwrap(bias);
  if (!g.dim && !x.dim && !b.dim) {
    return op.call(g.tensor, x.tensor, b.tensor, activation, dim, parameters, is_result);
  }
  const OwnBiases own("bias_act_backward", level, x, b, dim);
  const auto [grad_input, grad_bias] = op.call(own.channels_of(g), own.channels_of(x), own.bias(),
                                               activation, own.dim(), parameters, is_result);
  return {level.wrap(own.samples_of(grad_input), own.dim()),
          level.wrap(own.biases_of_samples(grad_bias), 0)};
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  m.impl("bias_act", &value);
  m.impl("bias_act.out", &out);
  m.impl("bias_act_backward", &backward);
}

}  // namespace
}  // namespace act::batching
