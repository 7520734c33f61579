// Derivatives of gated activations whose gate and other factor are two tensors, as those of one.
#include <torch/library.h>

#include "activation.h"
#include "compilable_node.h"
#include "differentiably.h"
#include "gated_derivatives.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;
using Pair = std::tuple<Tensor, Tensor>;

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

  SavedTensors saved_tensors() { return {{gate, false}, {other, false}}; }
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
  std::string name() const override { return "Act::gated_pair_backward"; }
};

struct GatedPairBackwardBackward : CompilableNode<GatedPairBackwardBackward> {
  BoundFormula formula;
  SavedVariable grad_output;
  SavedVariable gate;
  SavedVariable other;

  SavedTensors saved_tensors() { return {{grad_output, false}, {gate, false}, {other, false}}; }
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
  std::string name() const override { return "Act::gated_pair_backward_backward"; }
};

Tensor value(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
             Parameters parameters) {
  const BoundFormula formula = find_activation("gated_pair", activation, parameters);
  return call_differentiably<GatedPairBackward>(
      std::tie(gate, other),
      [&](GatedPairBackward& node) {
        node.formula = formula;
        node.gate = SavedVariable(gate, false);
        node.other = SavedVariable(other, false);
      },
      [&] { return call_below(value_op(), keys, gate, other, activation, parameters); },
      [&](const Tensor& result) {
        const GatedPoint point(formula, primal_of(gate), primal_of(other));
        set_tangent(result,
                    point.rounded(point.directional({tangent_of(gate), tangent_of(other)})));
      });
}

Tensor& out(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
            Parameters parameters, Tensor& result) {
  check_out_is_not_differentiated("gated_pair", result, gate, other);
  return write_below(out_op(), keys, gate, other, activation, parameters, result);
}

Pair backward(Keys keys, const Tensor& grad_output, const Tensor& gate, const Tensor& other,
              std::string_view activation, Parameters parameters) {
  // Without anybody to differentiate for, the activation is not looked up.
  const auto formula = [&] {
    return find_activation("gated_pair_backward", activation, parameters);
  };
  return call_differentiably<GatedPairBackwardBackward>(
      std::tie(grad_output, gate, other),
      [&](GatedPairBackwardBackward& node) {
        node.formula = formula();
        node.grad_output = SavedVariable(grad_output, false);
        node.gate = SavedVariable(gate, false);
        node.other = SavedVariable(other, false);
      },
      [&] {
        return call_below(backward_op(), keys, grad_output, gate, other, activation, parameters);
      },
      [&](const Pair& gradients) {
        const auto& [grad_gate, grad_other] = gradients;
        const GatedPoint point(formula(), primal_of(gate), primal_of(other));
        const Halves tangents = point.rounded(
            point.tangents_of_gradients(primal_of(grad_output), tangent_of(grad_output),
                                        {tangent_of(gate), tangent_of(other)}));
        if (tangents.gate.defined()) set_tangent(grad_gate, tangents.gate);
        if (tangents.other.defined()) set_tangent(grad_other, tangents.other);
      });
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
