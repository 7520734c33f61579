// Derivatives of gated activations whose gate and other factor are two tensors, as those of one.
#include <torch/library.h>

#include "activation.h"
#include "compilable_node.h"
#include "gated_derivatives.h"
#include "node.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;
using Pair = std::tuple<Tensor, Tensor>;
using torch::autograd::compute_requires_grad;

const auto& value_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, Parameters)>("gated_pair");
  return op;
}
const auto& out_op() {
  static const auto op =
      find_op<Tensor&(const Tensor&, const Tensor&, std::string_view, Parameters, Tensor&)>(
          "gated_pair", "out");
  return op;
}
const auto& backward_op() {
  static const auto op =
      find_op<Pair(const Tensor&, const Tensor&, const Tensor&, std::string_view, Parameters)>(
          "gated_pair_backward");
  return op;
}

struct GatedPairBackward : CompilableNode<GatedPairBackward> {
  BoundFormula formula;
  SavedVariable gate;
  SavedVariable other;

  std::vector<SavedTensor> saved_tensors() { return {{gate, false}, {other, false}}; }
  auto constants() { return std::tie(formula.index, formula.values.first, formula.values.second); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    std::tie(result[0], result[1]) =
        backward_op().call(grads[0], gate.unpack(), other.unpack(),
                           activation_name(declaration_of(formula.index)), parameters_of(formula));
    return wanted(std::move(result));
  }
  void release_variables() override {
    gate.reset_data();
    other.reset_data();
  }
  std::string name() const override { return "Act::gated_pair_backward"; }
};

struct GatedPairBackwardBackward : CompilableNode<GatedPairBackwardBackward> {
  BoundFormula formula;
  SavedVariable grad_output;
  SavedVariable gate;
  SavedVariable other;

  std::vector<SavedTensor> saved_tensors() {
    return {{grad_output, false}, {gate, false}, {other, false}};
  }
  auto constants() { return std::tie(formula.index, formula.values.first, formula.values.second); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Tensor g = grad_output.unpack(), a = gate.unpack(), b = other.unpack();
    const GatedPoint point(formula, a, b);
    const Halves u{grads[0], grads[1]};
    variable_list result(3);
    if (task_should_compute_output(0)) result[0] = point.rounded(point.directional(u));
    if (task_should_compute_output(1) || task_should_compute_output(2)) {
      const Halves second = point.rounded(point.second_derivatives(g, u));
      result[1] = second.gate;
      result[2] = second.other;
    }
    return wanted(std::move(result), {g, a, b});
  }
  void release_variables() override {
    grad_output.reset_data();
    gate.reset_data();
    other.reset_data();
  }
  std::string name() const override { return "Act::gated_pair_backward_backward"; }
};

Tensor value(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
             Parameters parameters) {
  const BoundFormula formula = find_activation("gated_pair", activation, parameters);
  c10::intrusive_ptr<GatedPairBackward> node;
  if (compute_requires_grad(gate, other)) {
    node = make_node<GatedPairBackward>(gate, other);
    node->formula = formula;
    node->gate = SavedVariable(gate, false);
    node->other = SavedVariable(other, false);
  }
  Tensor result = call_below(value_op(), keys, gate, other, activation, parameters);
  if (node) torch::autograd::set_history(result, node);
  const Tensor of_gate = tangent_of(gate), of_other = tangent_of(other);
  if (of_gate.defined() || of_other.defined()) {
    const GatedPoint point(formula, primal_of(gate), primal_of(other));
    set_tangent(result, point.rounded(point.directional({of_gate, of_other})));
  }
  return result;
}

Tensor& out(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
            Parameters parameters, Tensor& result) {
  check_out_is_not_differentiated("gated_pair", result, gate, other);
  return write_below(out_op(), keys, gate, other, activation, parameters, result);
}

Pair backward(Keys keys, const Tensor& grad_output, const Tensor& gate, const Tensor& other,
              std::string_view activation, Parameters parameters) {
  const auto call = [&] {
    return call_below(backward_op(), keys, grad_output, gate, other, activation, parameters);
  };
  const bool requires_grad = compute_requires_grad(grad_output, gate, other);
  const Tensor of_grad = tangent_of(grad_output), of_gate = tangent_of(gate),
               of_other = tangent_of(other);
  const bool has_tangent = of_grad.defined() || of_gate.defined() || of_other.defined();
  if (!requires_grad && !has_tangent) return call();
  const BoundFormula formula = find_activation("gated_pair_backward", activation, parameters);
  c10::intrusive_ptr<GatedPairBackwardBackward> node;
  if (requires_grad) {
    node = make_node<GatedPairBackwardBackward>(grad_output, gate, other);
    node->formula = formula;
    node->grad_output = SavedVariable(grad_output, false);
    node->gate = SavedVariable(gate, false);
    node->other = SavedVariable(other, false);
  }
  Pair result = call();
  auto& [grad_gate, grad_other] = result;
  if (node) {
    torch::autograd::set_history(grad_gate, node);
    torch::autograd::set_history(grad_other, node);
  }
  if (has_tangent) {
    const GatedPoint point(formula, primal_of(gate), primal_of(other));
    const Halves tangents = point.rounded(
        point.tangents_of_gradients(primal_of(grad_output), of_grad, {of_gate, of_other}));
    if (tangents.gate.defined()) set_tangent(grad_gate, tangents.gate);
    if (tangents.other.defined()) set_tangent(grad_other, tangents.other);
  }
  return result;
}

Tensor& bump_out(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
                 Parameters parameters, Tensor& result) {
  return write_and_bump(out_op(), keys, gate, other, activation, parameters, result);
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("gated_pair", &value);
  m.impl("gated_pair.out", &out);
  m.impl("gated_pair_backward", &backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) { m.impl("gated_pair.out", &bump_out); }

}  // namespace
}  // namespace act::autograd
