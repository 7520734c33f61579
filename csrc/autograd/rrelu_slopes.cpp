// rrelu in training that leaves its slopes to the backward, which only multiplies by them.
#include <torch/library.h>

#include "../dispatcher.h"
#include "compilable_node.h"
#include "node.h"

namespace act::autograd {
namespace {

using at::Scalar;
using at::Tensor;
using torch::autograd::compute_requires_grad;

Tensor times_slopes(const Tensor& grad_output, const Tensor& slopes) {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&)>("rrelu_backward_from_slopes");
  return op.call(grad_output, slopes);
}

// grad_input = grad_output · slope, where no slope changes with the input: the backward of the op
// and of its own backward alike.
struct RreluBackwardFromSlopes : CompilableNode<RreluBackwardFromSlopes> {
  SavedVariable slopes;

  SavedTensors saved_tensors() { return {{slopes, false}}; }
  auto constants() { return std::tuple<>(); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {Tensor()};
    return {times_slopes(grads[0], slopes.unpack())};
  }
  std::string name() const override { return "Act::rrelu_backward_from_slopes"; }
};

// Connects `result`, linear in `input` with these slopes, to it.
void differentiate(const Tensor& result, const Tensor& input, const Tensor& slopes) {
  if (compute_requires_grad(input)) {
    auto node = make_node<RreluBackwardFromSlopes>(input);
    torch::autograd::set_history(result, node);
    node->slopes = SavedVariable(slopes, false);
  }
  const Tensor tangent = tangent_of(input);
  if (tangent.defined()) set_tangent(result, times_slopes(tangent, slopes));
}

std::tuple<Tensor, Tensor> rrelu_with_slopes(c10::DispatchKeySet keys, const Tensor& self,
                                             const Tensor& state, const Scalar& lower,
                                             const Scalar& upper) {
  static const auto op = find_op<std::tuple<Tensor, Tensor>(
      const Tensor&, const Tensor&, const Scalar&, const Scalar&)>("rrelu_with_slopes");
  auto [result, slopes] = call_below(op, keys, self, state, lower, upper);
  differentiate(result, self, slopes);
  return {result, slopes};
}

Tensor rrelu_backward_from_slopes(c10::DispatchKeySet keys, const Tensor& grad_output,
                                  const Tensor& slopes) {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&)>("rrelu_backward_from_slopes");
  Tensor result = call_below(op, keys, grad_output, slopes);
  differentiate(result, grad_output, slopes);
  return result;
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("rrelu_with_slopes", &rrelu_with_slopes);
  m.impl("rrelu_backward_from_slopes", &rrelu_backward_from_slopes);
}

}  // namespace
}  // namespace act::autograd
