// gumbel_softmax is composed: a state drawn from the generator; add_gumbel, a pure function of its
// arguments with the identity for derivative, so that neither the noise nor the state is saved; and
// masked_softmax, which divides by the temperature and saves its output.
#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/scatter.h>
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "../gumbel_noise.h"
#include "../masked_normalization.h"
#include "compilable_node.h"
#include "node.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Generator = std::optional<at::Generator>;

struct AddGumbelBackward : CompilableNode<AddGumbelBackward> {
  SavedTensors saved_tensors() { return {}; }
  auto constants() { return std::tuple<>(); }

  variable_list apply(variable_list&& grads) override { return std::move(grads); }
  std::string name() const override { return "Act::add_gumbel_backward"; }
};

Tensor add_gumbel(c10::DispatchKeySet keys, const Tensor& self, const Tensor& state) {
  Tensor result = call_below(add_gumbel_op(), keys, self, state);
  if (torch::autograd::compute_requires_grad(self)) {
    torch::autograd::set_history(result, make_node<AddGumbelBackward>(self));
  }
  const Tensor tangent = tangent_of(self);
  if (tangent.defined()) set_tangent(result, tangent);
  return result;
}

// The value is one-hot, exactly: what 1 - soft rounds off, adding soft rounds back. The gradient is
// that of soft.
Tensor straight_through(const Tensor& soft, const Tensor& noisy, int64_t dim) {
  const Tensor winner = noisy.detach().argmax(dim, /*keepdim=*/true);
  const Tensor one_hot = at::zeros_like(soft.detach()).scatter(dim, winner, 1.0);
  return one_hot - soft.detach() + soft;
}

Tensor gumbel_softmax(const Tensor& logits, double tau, bool hard, int64_t dim,
                      Generator generator) {
  static const auto philox_state =
      find_op<Tensor(const Tensor&, c10::SymIntArrayRef, Generator)>("philox_state");
  check_floating_point("gumbel_softmax", logits);
  const at::ScalarType type = logits.scalar_type();
  check_temperature("gumbel_softmax", tau, type);
  wrap_dim("gumbel_softmax", dim, logits.dim());
  const bool is_half = type == at::kHalf || type == at::kBFloat16;
  const Tensor wide = is_half ? logits.to(at::kFloat) : logits;
  const Tensor noisy = add_gumbel_op().call(wide, philox_state.call(wide, {}, generator));
  const Tensor soft = masked_softmax_op<Member::softmax>()
                          .call(noisy, dim, std::nullopt, tau, "nan", std::nullopt)
                          .to(type);
  return hard ? straight_through(soft, noisy, dim) : soft;
}

TORCH_LIBRARY_IMPL(act, CompositeImplicitAutograd, m) { m.impl("gumbel_softmax", &gumbel_softmax); }

// As for rrelu: each sample has to draw, vmapped or not.
TORCH_LIBRARY_IMPL(act, FuncTorchBatchedDecomposition, m) {
  m.impl("gumbel_softmax", &gumbel_softmax);
}
TORCH_LIBRARY_IMPL(act, FuncTorchVmapMode, m) { m.impl("gumbel_softmax", &gumbel_softmax); }

TORCH_LIBRARY_IMPL(act, Autograd, m) { m.impl("add_gumbel", &add_gumbel); }

}  // namespace
}  // namespace act::autograd
