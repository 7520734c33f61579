// Derivatives of bias and activation. The backward yields both gradients in one pass; its own
// derivatives, rarely asked for, are composed of differentiable ops.
#include <ATen/TensorOperators.h>
#include <ATen/ops/sum.h>
#include <torch/library.h>

#include "../bias_act_arguments.h"
#include "../broadcast_weight.h"
#include "activation.h"
#include "compilable_node.h"
#include "node.h"
#include "saved_preference.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;
using Pair = std::tuple<Tensor, Tensor>;
using torch::autograd::compute_requires_grad;

const auto& value_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, int64_t, Parameters)>(
          "bias_act");
  return op;
}
const auto& out_op() {
  static const auto op = find_op<Tensor&(const Tensor&, const Tensor&, std::string_view, int64_t,
                                         Parameters, Tensor&)>("bias_act", "out");
  return op;
}
const auto& backward_op() {
  static const auto op = find_op<Pair(const Tensor&, const Tensor&, const Tensor&, std::string_view,
                                      int64_t, Parameters, bool)>("bias_act_backward");
  return op;
}

// A call's arguments but for the tensors, and what it saves.
struct SavedCall {
  BoundBiasAct bound;
  bool is_result = false;

  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    args.collect(int64_t(bound.formula.index));
    args.collect(bound.formula.values.first);
    args.collect(bound.formula.values.second);
    args.collect(bound.dim);
    args.collect(is_result);
  }
  Pair backward(const Tensor& grad_output, const Tensor& saved, const Tensor& bias) const {
    return backward_op().call(grad_output, saved, bias,
                              activation_name(declaration_of(bound.formula.index)), bound.dim,
                              parameters_of(bound.formula), is_result);
  }
};

struct BiasActBackward : CompilableNode<BiasActBackward> {
  SavedCall call;
  SavedVariable saved;
  SavedVariable bias;

  std::vector<SavedTensor> saved_tensors() { return {{saved, call.is_result}, {bias, false}}; }
  auto constants() { return std::tie(call); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    std::tie(result[0], result[1]) =
        call.backward(grads[0], saved.unpack(call.is_result ? getptr() : nullptr), bias.unpack());
    for (std::size_t k = 0; k < 2; ++k) {
      if (!task_should_compute_output(k)) result[k].reset();
    }
    return result;
  }
  void release_variables() override {
    saved.reset_data();
    bias.reset_data();
  }
  std::string name() const override { return "Act::bias_act_backward"; }
};

// What the activation is applied to.
Tensor biased(const Tensor& self, const Tensor& bias, int64_t dim) {
  return widened(self) + broadcast_along(widened(bias), self, dim);
}

Tensor tangent_of_value(const BoundBiasAct& bound, const Tensor& self, const Tensor& bias) {
  const Tensor of_self = tangent_of(self), of_bias = tangent_of(bias);
  Tensor tangent;
  if (of_self.defined()) tangent = widened(of_self);
  if (of_bias.defined()) {
    tangent = add_defined(tangent, broadcast_along(widened(of_bias), self, bound.dim));
  }
  const Tensor z = biased(primal_of(self), primal_of(bias), bound.dim);
  return activation_backward(bound.formula, tangent, z).to(self.scalar_type());
}

Tensor value(Keys keys, const Tensor& self, const Tensor& bias, std::string_view activation,
             int64_t dim, Parameters parameters) {
  const BoundBiasAct bound = bind_bias_act("bias_act", self, bias, activation, dim, parameters);
  const Saved own = declaration_of(bound.formula.index).saved;
  Saved preferred = saved_preference().value_or(own);
  if (preferred == Saved::bits) preferred = own;
  c10::intrusive_ptr<BiasActBackward> node;
  if (compute_requires_grad(self, bias)) {
    node = make_node<BiasActBackward>(self, bias);
    node->call = {bound, preferred == Saved::output &&
                             output_determines_derivative(bound.formula, self.scalar_type())};
    node->bias = SavedVariable(bias, false);
    if (!node->call.is_result) node->saved = SavedVariable(self, false);
  }
  Tensor result = call_below(value_op(), keys, self, bias, activation, dim, parameters);
  if (node) torch::autograd::set_history(result, node);
  if (tangent_of(self).defined() || tangent_of(bias).defined()) {
    set_tangent(result, tangent_of_value(bound, self, bias));
  }
  // After the tangent is set: an output is saved together with it.
  if (node && node->call.is_result) node->saved = SavedVariable(result, /*is_output=*/true);
  return result;
}

Tensor& out(Keys keys, const Tensor& self, const Tensor& bias, std::string_view activation,
            int64_t dim, Parameters parameters, Tensor& result) {
  check_out_is_not_differentiated("bias_act", result, self, bias);
  return write_below(out_op(), keys, self, bias, activation, dim, parameters, result);
}

// The sum is taken in double, as in the kernel.
Tensor sum_to_bias(const Tensor& full, int64_t dim) {
  std::vector<int64_t> others;
  for (int64_t d = 0; d < full.dim(); ++d) {
    if (d != dim) others.push_back(d);
  }
  return others.empty() ? full : at::sum(full, others, /*keepdim=*/false, at::kDouble);
}

Pair backward(Keys keys, const Tensor& grad_output, const Tensor& saved, const Tensor& bias,
              std::string_view activation, int64_t dim, Parameters parameters, bool is_result) {
  const bool has_tangent = tangent_of(grad_output).defined() || tangent_of(saved).defined() ||
                           tangent_of(bias).defined();
  if (!has_tangent && !compute_requires_grad(grad_output, saved, bias)) {
    return call_below(backward_op(), keys, grad_output, saved, bias, activation, dim, parameters,
                      is_result);
  }
  constexpr const char* op = "bias_act_backward";
  const BoundBiasAct bound = bind_bias_act(op, saved, bias, activation, dim, parameters);
  check_is_result(op, bound.formula, saved.scalar_type(), is_result);
  check_same(op, "grad_output", grad_output, saved);
  const Tensor x = is_result ? widened(saved) : biased(saved, bias, bound.dim);
  const Tensor full = activation_backward(bound.formula, widened(grad_output), x, is_result);
  return {full.to(saved.scalar_type()), sum_to_bias(full, bound.dim).to(bias.scalar_type())};
}

Tensor& bump_out(Keys keys, const Tensor& self, const Tensor& bias, std::string_view activation,
                 int64_t dim, Parameters parameters, Tensor& result) {
  return write_and_bump(out_op(), keys, self, bias, activation, dim, parameters, result);
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("bias_act", &value);
  m.impl("bias_act.out", &out);
  m.impl("bias_act_backward", &backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) { m.impl("bias_act.out", &bump_out); }

}  // namespace
}  // namespace act::autograd
