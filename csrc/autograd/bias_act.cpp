// Derivatives of bias and activation. The backward yields both gradients in one pass; its own
// derivatives, rarely asked for, are composed of differentiable ops.
#include <ATen/TensorOperators.h>
#include <ATen/ops/sum.h>
#include <torch/library.h>

#include "../bias_act_arguments.h"
#include "../broadcast_weight.h"
#include "activation.h"
#include "compilable_node.h"
#include "differentiably.h"
#include "saved_preference.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;
using Pair = std::tuple<Tensor, Tensor>;

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

// self + bias, or what belongs to the one and to the other, of which either may be undefined; in
// float32 for half types. The result has the shape of `like`.
Tensor biased(const Tensor& self, const Tensor& bias, const Tensor& like, int64_t dim) {
  const Tensor all = self.defined() ? widened(self) : self;
  if (!bias.defined()) return all;
  return add_defined(all, broadcast_along(widened(bias), like, dim));
}

// The sum is taken in double, as in the kernel.
Tensor sum_to_bias(const Tensor& full, int64_t dim) {
  std::vector<int64_t> others;
  for (int64_t d = 0; d < full.dim(); ++d) {
    if (d != dim) others.push_back(d);
  }
  return others.empty() ? full : at::sum(full, others, /*keepdim=*/false, at::kDouble);
}

// A call's arguments but for the tensors, and what it saves.
struct SavedCall {
  BoundBiasAct bound;
  bool is_result = false;

  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    autograd::collect_into(args, bound.formula);
    args.collect(bound.dim);
    args.collect(is_result);
  }
  Pair backward(const Tensor& grad_output, const Tensor& saved, const Tensor& bias) const {
    return backward_op().call(grad_output, saved, bias,
                              activation_name(declaration_of(bound.formula.index)), bound.dim,
                              parameters_of(bound.formula), is_result);
  }

  // What the activation's derivatives are taken at: its output, which has the bias in it, or its
  // input. And the change of that from those of `saved` and `bias`.
  Tensor point(const Tensor& saved, const Tensor& bias, const Tensor& like) const {
    return biased(saved, is_result ? Tensor() : bias, like, bound.dim);
  }
  // Of all inputs' gradients and of the tangents of both gradients: the part that is made of f′,
  // and the part that is made of f″.
  Tensor first(const Tensor& factor, const Tensor& at) const {
    return activation_backward(bound.formula, widened(factor), at, is_result);
  }
  Tensor second(const Tensor& factor, const Tensor& grad_output, const Tensor& at) const {
    return activation_double_backward(bound.formula, factor, widened(grad_output), at, is_result);
  }
};

struct BiasActBackward : CompilableNode<BiasActBackward> {
  SavedCall call;
  SavedVariable saved;
  SavedVariable bias;

  SavedTensors saved_tensors() { return {{saved, call.is_result}, {bias, false}}; }
  auto constants() { return std::tie(call); }
  void save_output(const Tensor& result) {
    if (call.is_result) saved = SavedVariable(result, /*is_output=*/true);
  }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    std::tie(result[0], result[1]) =
        call.backward(grads[0], saved.unpack(call.is_result ? getptr() : nullptr), bias.unpack());
    return wanted(std::move(result));
  }
  std::string name() const override { return "Act::bias_act_backward"; }
};

// Of (g, saved, bias) → (g·f′, Σ g·f′).
struct BiasActBackwardBackward : CompilableNode<BiasActBackwardBackward> {
  SavedCall call;
  SavedVariable grad_output;
  SavedVariable saved;
  SavedVariable bias;

  SavedTensors saved_tensors() { return {{grad_output, false}, {saved, false}, {bias, false}}; }
  auto constants() { return std::tie(call); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const Tensor g = grad_output.unpack(), x = saved.unpack(), b = bias.unpack();
    const Tensor u = biased(grads[0], grads[1], x, call.bound.dim);
    variable_list result(3);
    if (!u.defined()) return wanted(std::move(result), {g, x, b});
    const Tensor at = call.point(x, b, x);
    if (task_should_compute_output(0)) result[0] = call.first(u, at).to(g.scalar_type());
    if (task_should_compute_output(1) || task_should_compute_output(2)) {
      const Tensor full = call.second(u, g, at);
      result[1] = full.to(x.scalar_type());
      if (!call.is_result) {
        result[2] = sum_to_bias(full, call.bound.dim).to(b.scalar_type());
      }
    }
    return wanted(std::move(result), {g, x, b});
  }
  std::string name() const override { return "Act::bias_act_backward_backward"; }
};

bool saves_output(const BoundFormula& formula, const Tensor& self) {
  const Saved own = declaration_of(formula.index).saved;
  Saved preferred = saved_preference().value_or(own);
  if (preferred == Saved::bits) preferred = own;
  return preferred == Saved::output && output_determines_derivative(formula, self.scalar_type());
}

Tensor value(Keys keys, const Tensor& self, const Tensor& bias, std::string_view activation,
             int64_t dim, Parameters parameters) {
  const BoundBiasAct bound = bind_bias_act("bias_act", self, bias, activation, dim, parameters);
  return call_differentiably<BiasActBackward>(
      std::tie(self, bias),
      [&](BiasActBackward& node) {
        node.call = {bound, saves_output(bound.formula, self)};
        node.bias = SavedVariable(bias, false);
        if (!node.call.is_result) node.saved = SavedVariable(self, false);
      },
      [&] { return call_below(value_op(), keys, self, bias, activation, dim, parameters); },
      [&](const Tensor& result) {
        const Tensor tangent = biased(tangent_of(self), tangent_of(bias), self, bound.dim);
        const Tensor at = biased(primal_of(self), primal_of(bias), self, bound.dim);
        set_tangent(result, activation_backward(bound.formula, tangent, at).to(self.scalar_type()));
      });
}

Tensor& out(Keys keys, const Tensor& self, const Tensor& bias, std::string_view activation,
            int64_t dim, Parameters parameters, Tensor& result) {
  check_out_is_not_differentiated("bias_act", result, self, bias);
  return write_below(out_op(), keys, self, bias, activation, dim, parameters, result);
}

Pair backward(Keys keys, const Tensor& grad_output, const Tensor& saved, const Tensor& bias,
              std::string_view activation, int64_t dim, Parameters parameters, bool is_result) {
  // Without anybody to differentiate for, the arguments are not gathered at all.
  const auto bound_call = [&] {
    return SavedCall{bind_bias_act("bias_act_backward", saved, bias, activation, dim, parameters),
                     is_result};
  };
  return call_differentiably<BiasActBackwardBackward>(
      std::tie(grad_output, saved, bias),
      [&](BiasActBackwardBackward& node) {
        node.call = bound_call();
        node.grad_output = SavedVariable(grad_output, false);
        node.saved = SavedVariable(saved, false);
        node.bias = SavedVariable(bias, false);
      },
      [&] {
        return call_below(backward_op(), keys, grad_output, saved, bias, activation, dim,
                          parameters, is_result);
      },
      [&](const Pair& gradients) {
        const auto& [grad_input, grad_bias] = gradients;
        const SavedCall call = bound_call();
        const Tensor of_grad = tangent_of(grad_output);
        const Tensor of_point = call.point(tangent_of(saved), tangent_of(bias), saved);
        if (!of_grad.defined() && !of_point.defined()) return;
        const Tensor at = call.point(primal_of(saved), primal_of(bias), saved);
        Tensor full;
        if (of_grad.defined()) full = call.first(of_grad, at);
        if (of_point.defined()) {
          full = add_defined(full, call.second(of_point, primal_of(grad_output), at));
        }
        set_tangent(grad_input, full.to(saved.scalar_type()));
        set_tangent(grad_bias, sum_to_bias(full, call.bound.dim).to(bias.scalar_type()));
      });
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
