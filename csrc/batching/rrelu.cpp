// vmap of rrelu in training. randomness='same' draws one state, with which every sample gets the
// slopes that it would get alone; 'different' draws a state for each sample.
#include <torch/library.h>

#include "../dispatcher.h"
#include "philox_samples.h"

namespace act::batching {
namespace {

using at::Scalar;
using at::Tensor;

Tensor philox_state(const Tensor& like, c10::SymIntArrayRef batch,
                    std::optional<at::Generator> generator) {
  static const auto op =
      find_op<Tensor(const Tensor&, c10::SymIntArrayRef, std::optional<at::Generator>)>(
          "philox_state");
  const c10::impl::ExcludeDispatchKeyGuard guard(c10::DispatchKey::FuncTorchVmapMode);
  const auto layer = at::functorch::maybeCurrentDynamicLayer();
  TORCH_CHECK(
      layer->randomness() != at::functorch::RandomnessType::Error,
      "vmap: act::rrelu in training and act::gumbel_softmax draw random numbers, and vmap's "
      "randomness is 'error'. Use vmap(..., randomness='same') for the same numbers in "
      "every sample or randomness='different' for numbers of each sample's own");
  const Level level;
  const Tensor inner = level.unwrap(like).tensor;
  if (layer->randomness() == at::functorch::RandomnessType::Same) {
    return op.call(inner, batch, generator);
  }
  std::vector<c10::SymInt> sizes = batch.vec();
  sizes.insert(sizes.begin(), layer->batchSize());
  return level.wrap(op.call(inner, sizes, generator), 0);
}

const auto& value_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, const Scalar&, const Scalar&)>(
          "rrelu_with_state");
  return op;
}

Tensor rrelu(const Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper) {
  const Level level;
  const auto all = samples(level, state, self);
  return level.wrap(value_op().call(all.tensors[0], all.state, lower, upper), all.dim);
}

Tensor& rrelu_(Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper) {
  static const auto op =
      find_op<Tensor&(Tensor&, const Tensor&, const Scalar&, const Scalar&)>("rrelu_with_state_");
  const Level level;
  check_in_place("rrelu_", level.unwrap(self), level.unwrap(state));
  auto all = samples(level, state, self);
  op.call(all.tensors[0], all.state, lower, upper);
  return self;
}

Tensor& rrelu_out(const Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper,
                  Tensor& out) {
  return write_to_out("rrelu", value_op().call(self, state, lower, upper), out);
}

Tensor rrelu_backward(const Tensor& grad_output, const Tensor& saved, const Tensor& state,
                      const Scalar& lower, const Scalar& upper, bool is_result) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Scalar&,
                                        const Scalar&, bool)>("rrelu_backward");
  const Level level;
  const auto all = samples(level, state, grad_output, saved);
  const auto& [g, x] = all.tensors;
  return level.wrap(op.call(g, x, all.state, lower, upper, is_result), all.dim);
}

std::tuple<Tensor, Tensor> rrelu_with_slopes(const Tensor& self, const Tensor& state,
                                             const Scalar& lower, const Scalar& upper) {
  static const auto op = find_op<std::tuple<Tensor, Tensor>(
      const Tensor&, const Tensor&, const Scalar&, const Scalar&)>("rrelu_with_slopes");
  const Level level;
  const auto all = samples(level, state, self);
  const auto [result, slopes] = op.call(all.tensors[0], all.state, lower, upper);
  return {level.wrap(result, all.dim), level.wrap(slopes, all.dim)};
}

Tensor rrelu_backward_from_slopes(const Tensor& grad_output, const Tensor& slopes) {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&)>("rrelu_backward_from_slopes");
  const Level level;
  const auto [tensors, dim] = align(level, grad_output, slopes);
  return level.wrap(op.call(tensors[0], tensors[1]), dim);
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  m.impl("rrelu_with_state", &rrelu);
  m.impl("rrelu_with_state_", &rrelu_);
  m.impl("rrelu_with_state.out", &rrelu_out);
  m.impl("rrelu_backward", &rrelu_backward);
  m.impl("rrelu_with_slopes", &rrelu_with_slopes);
  m.impl("rrelu_backward_from_slopes", &rrelu_backward_from_slopes);
}

// The key of a level as such: what is drawn in it concerns vmap even if no argument is vmapped.
TORCH_LIBRARY_IMPL(act, FuncTorchVmapMode, m) { m.impl("philox_state", &philox_state); }

}  // namespace
}  // namespace act::batching
