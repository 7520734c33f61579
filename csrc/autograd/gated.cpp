// Derivatives of gated activations: of value by backward, one pass, and of backward, rarely asked
// for, composed of differentiable ops (gated_gradients.h).
#include <torch/library.h>

#include "../gated_arguments.h"
#include "activation.h"
#include "compilable_node.h"
#include "gated_gradients.h"
#include "node.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;
using Pair = std::tuple<Tensor, Tensor>;
using torch::autograd::compute_requires_grad;

const auto& glu_op() {
  static const auto op = find_op<Tensor(const Tensor&, int64_t)>("glu");
  return op;
}
const auto& glu_out_op() {
  static const auto op = find_op<Tensor&(const Tensor&, int64_t, Tensor&)>("glu", "out");
  return op;
}
const auto& glu_backward_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, int64_t)>("glu_backward");
  return op;
}
const auto& gated_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, std::string_view, std::string_view, int64_t, Parameters)>(
          "gated");
  return op;
}
const auto& gated_out_op() {
  static const auto op = find_op<Tensor&(const Tensor&, std::string_view, std::string_view, int64_t,
                                         Parameters, Tensor&)>("gated", "out");
  return op;
}
const auto& gated_backward_op() {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, std::string_view,
                                        std::string_view, int64_t, Parameters)>("gated_backward");
  return op;
}
const auto& pair_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, Parameters)>("gated_pair");
  return op;
}
const auto& pair_out_op() {
  static const auto op =
      find_op<Tensor&(const Tensor&, const Tensor&, std::string_view, Parameters, Tensor&)>(
          "gated_pair", "out");
  return op;
}
const auto& pair_backward_op() {
  static const auto op =
      find_op<Pair(const Tensor&, const Tensor&, const Tensor&, std::string_view, Parameters)>(
          "gated_pair_backward");
  return op;
}

void collect(torch::dynamo::autograd::CompiledNodeArgs& args, const BoundFormula& formula) {
  args.collect(int64_t(formula.index));
  args.collect(formula.values.first);
  args.collect(formula.values.second);
}

struct SavedGate : BoundGate {
  bool is_glu = false;

  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    collect(args, formula);
    args.collect(int64_t(layout));
    args.collect(dim);
    args.collect(is_glu);
  }
  Tensor backward(const Tensor& grad_output, const Tensor& self) const {
    if (is_glu) return glu_backward_op().call(grad_output, self, dim);
    return gated_backward_op().call(grad_output, self,
                                    activation_name(declaration_of(formula.index)), name_of(layout),
                                    dim, parameters_of(formula));
  }
};

struct GatedBackward : CompilableNode<GatedBackward> {
  SavedGate gate;
  SavedVariable self;

  std::vector<SavedTensor> saved_tensors() { return {{self, false}}; }
  auto constants() { return std::tie(gate); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {Tensor()};
    return {gate.backward(grads[0], self.unpack())};
  }
  void release_variables() override { self.reset_data(); }
  std::string name() const override {
    return gate.is_glu ? "Act::glu_backward" : "Act::gated_backward";
  }
};

struct SavedFormula : BoundFormula {
  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const { collect(args, *this); }
};

struct GatedPairBackward : CompilableNode<GatedPairBackward> {
  SavedFormula formula;
  SavedVariable gate;
  SavedVariable other;

  std::vector<SavedTensor> saved_tensors() { return {{gate, false}, {other, false}}; }
  auto constants() { return std::tie(formula); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    std::tie(result[0], result[1]) = pair_backward_op().call(
        grads[0], gate.unpack(), other.unpack(), activation_name(declaration_of(formula.index)),
        parameters_of(formula));
    for (std::size_t k = 0; k < 2; ++k) {
      if (!task_should_compute_output(k)) result[k].reset();
    }
    return result;
  }
  void release_variables() override {
    gate.reset_data();
    other.reset_data();
  }
  std::string name() const override { return "Act::gated_pair_backward"; }
};

template <class... Tensors>
bool is_differentiated(const Tensors&... tensors) {
  return compute_requires_grad(tensors...) || (tangent_of(tensors).defined() || ...);
}

Tensor value(const BoundGate& gate, bool is_glu, const Tensor& self, auto call) {
  c10::intrusive_ptr<GatedBackward> node;
  if (compute_requires_grad(self)) {
    node = make_node<GatedBackward>(self);
    node->gate = {gate, is_glu};
    node->self = SavedVariable(self, false);
  }
  Tensor result = call();
  if (node) torch::autograd::set_history(result, node);
  const Tensor tangent = tangent_of(self);
  if (tangent.defined()) {
    const Halves x = halves(gate, primal_of(self)), t = halves(gate, tangent);
    set_tangent(result, gated_tangent(gate.formula, x.gate, x.other, t.gate, t.other));
  }
  return result;
}

Tensor composed_backward(const BoundGate& gate, const Tensor& grad_output, const Tensor& self) {
  const Halves x = checked_halves(gate, self);
  check_same(gate.op, "grad_output", grad_output, x.gate);
  const auto [of_gate, of_other] = gated_gradients(gate.formula, grad_output, x.gate, x.other);
  return joined(gate, of_gate, of_other);
}

Tensor glu(Keys keys, const Tensor& self, int64_t dim) {
  return value(bind_glu("glu", dim), true, self,
               [&] { return call_below(glu_op(), keys, self, dim); });
}

Tensor& glu_out(Keys keys, const Tensor& self, int64_t dim, Tensor& out) {
  check_out_is_not_differentiated("glu", out, self);
  return write_below(glu_out_op(), keys, self, dim, out);
}

Tensor glu_backward(Keys keys, const Tensor& grad_output, const Tensor& self, int64_t dim) {
  if (is_differentiated(grad_output, self)) {
    return composed_backward(bind_glu("glu_backward", dim), grad_output, self);
  }
  return call_below(glu_backward_op(), keys, grad_output, self, dim);
}

Tensor gated(Keys keys, const Tensor& self, std::string_view activation, std::string_view layout,
             int64_t dim, Parameters parameters) {
  return value(bind_gate("gated", activation, layout, dim, parameters), false, self, [&] {
    return call_below(gated_op(), keys, self, activation, layout, dim, parameters);
  });
}

Tensor& gated_out(Keys keys, const Tensor& self, std::string_view activation,
                  std::string_view layout, int64_t dim, Parameters parameters, Tensor& out) {
  check_out_is_not_differentiated("gated", out, self);
  return write_below(gated_out_op(), keys, self, activation, layout, dim, parameters, out);
}

Tensor gated_backward(Keys keys, const Tensor& grad_output, const Tensor& self,
                      std::string_view activation, std::string_view layout, int64_t dim,
                      Parameters parameters) {
  if (is_differentiated(grad_output, self)) {
    return composed_backward(bind_gate("gated_backward", activation, layout, dim, parameters),
                             grad_output, self);
  }
  return call_below(gated_backward_op(), keys, grad_output, self, activation, layout, dim,
                    parameters);
}

Tensor pair(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
            Parameters parameters) {
  const BoundFormula formula = find_activation("gated_pair", activation, parameters);
  c10::intrusive_ptr<GatedPairBackward> node;
  if (compute_requires_grad(gate, other)) {
    node = make_node<GatedPairBackward>(gate, other);
    node->formula = {formula};
    node->gate = SavedVariable(gate, false);
    node->other = SavedVariable(other, false);
  }
  Tensor result = call_below(pair_op(), keys, gate, other, activation, parameters);
  if (node) torch::autograd::set_history(result, node);
  const Tensor of_gate = tangent_of(gate), of_other = tangent_of(other);
  if (of_gate.defined() || of_other.defined()) {
    set_tangent(result,
                gated_tangent(formula, primal_of(gate), primal_of(other), of_gate, of_other));
  }
  return result;
}

Tensor& pair_out(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
                 Parameters parameters, Tensor& out) {
  check_out_is_not_differentiated("gated_pair", out, gate, other);
  return write_below(pair_out_op(), keys, gate, other, activation, parameters, out);
}

Pair pair_backward(Keys keys, const Tensor& grad_output, const Tensor& gate, const Tensor& other,
                   std::string_view activation, Parameters parameters) {
  constexpr const char* op = "gated_pair_backward";
  if (!is_differentiated(grad_output, gate, other)) {
    return call_below(pair_backward_op(), keys, grad_output, gate, other, activation, parameters);
  }
  check_floating_point(op, gate);
  check_same(op, "other", other, gate);
  check_same(op, "grad_output", grad_output, gate);
  return gated_gradients(find_activation(op, activation, parameters), grad_output, gate, other);
}

Tensor& bump_glu(Keys keys, const Tensor& self, int64_t dim, Tensor& out) {
  return write_and_bump(glu_out_op(), keys, self, dim, out);
}
Tensor& bump_gated(Keys keys, const Tensor& self, std::string_view activation,
                   std::string_view layout, int64_t dim, Parameters parameters, Tensor& out) {
  return write_and_bump(gated_out_op(), keys, self, activation, layout, dim, parameters, out);
}
Tensor& bump_pair(Keys keys, const Tensor& gate, const Tensor& other, std::string_view activation,
                  Parameters parameters, Tensor& out) {
  return write_and_bump(pair_out_op(), keys, gate, other, activation, parameters, out);
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
  m.impl("gated", &gated);
  m.impl("gated.out", &gated_out);
  m.impl("gated_backward", &gated_backward);
  m.impl("gated_pair", &pair);
  m.impl("gated_pair.out", &pair_out);
  m.impl("gated_pair_backward", &pair_backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  m.impl("glu.out", &bump_glu);
  m.impl("gated.out", &bump_gated);
  m.impl("gated_pair.out", &bump_pair);
}

}  // namespace
}  // namespace act::autograd
