// Derivatives of prelu. Its backward yields both gradients in one pass; the backward's own
// derivatives, rarely asked for, are composed of torch's differentiable ops.
#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/gt.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/library.h>

#include "../channel_parameter.h"
#include "../dispatcher.h"
#include "compilable_node.h"
#include "differentiably.h"

namespace act::autograd {
namespace {

using Value = at::Tensor(const at::Tensor&, const at::Tensor&);
using InPlace = at::Tensor&(at::Tensor&, const at::Tensor&);
using Out = at::Tensor&(const at::Tensor&, const at::Tensor&, at::Tensor&);
using Gradients = std::tuple<at::Tensor, at::Tensor>;
using Backward = Gradients(const at::Tensor&, const at::Tensor&, const at::Tensor&);

Gradients call_backward(const at::Tensor& grad_output, const at::Tensor& self,
                        const at::Tensor& weight) {
  static const auto op = find_op<Backward>("prelu_backward");
  return op.call(grad_output, self, weight);
}

at::Tensor slopes(const at::Tensor& self, const at::Tensor& weight) {
  return at::where(self.gt(0), at::ones({}, self.options()), along_channels(weight, self));
}
at::Tensor negative_part(const at::Tensor& self) { return at::clamp_max(self, 0); }

// The gradient's own derivatives: grad_input = g·slope and grad_weight = Σ g·min(x, 0).
at::Tensor negative_only(const at::Tensor& full, const at::Tensor& self) {
  return at::where(self.gt(0), at::zeros({}, full.options()), full);
}

struct PreluBackward : CompilableNode<PreluBackward> {
  SavedVariable self;
  SavedVariable weight;

  SavedTensors saved_tensors() { return {{self, false}, {weight, false}}; }
  auto constants() { return std::tie(); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    std::tie(result[0], result[1]) = call_backward(grads[0], self.unpack(), weight.unpack());
    return wanted(std::move(result));
  }
  std::string name() const override { return "Act::prelu_backward"; }
};

struct PreluBackwardBackward : CompilableNode<PreluBackwardBackward> {
  SavedVariable grad_output;
  SavedVariable self;
  SavedVariable weight;

  SavedTensors saved_tensors() { return {{grad_output, false}, {self, false}, {weight, false}}; }
  auto constants() { return std::tie(); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(3);
    const at::Tensor g = grad_output.unpack(), x = self.unpack(), w = weight.unpack();
    const at::Tensor& of_input = grads[0];
    const at::Tensor& of_weight = grads[1];
    if (of_input.defined()) {
      if (task_should_compute_output(0))
        result[0] = add_defined(result[0], of_input * slopes(x, w));
      if (task_should_compute_output(2)) {
        result[2] = add_defined(result[2], sum_to_parameter(negative_only(of_input * g, x), w));
      }
    }
    if (of_weight.defined()) {
      const at::Tensor each = along_channels(of_weight, x);
      if (task_should_compute_output(0))
        result[0] = add_defined(result[0], each * negative_part(x));
      if (task_should_compute_output(1))
        result[1] = add_defined(result[1], negative_only(each * g, x));
    }
    return wanted(std::move(result), {g, x, w});
  }
  std::string name() const override { return "Act::prelu_backward_backward"; }
};

// The tangent of prelu(x, w): x'·slope + w'·min(x, 0).
at::Tensor tangent_of_value(const at::Tensor& self, const at::Tensor& weight) {
  const at::Tensor x = primal_of(self), w = primal_of(weight);
  const at::Tensor of_self = tangent_of(self), of_weight = tangent_of(weight);
  at::Tensor tangent;
  if (of_self.defined()) tangent = of_self * slopes(x, w);
  if (of_weight.defined()) {
    const at::Tensor term = along_channels(of_weight, x) * negative_part(x);
    tangent = add_defined(tangent, term);
  }
  return tangent;
}

at::Tensor prelu(c10::DispatchKeySet keys, const at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<Value>("prelu");
  return call_differentiably<PreluBackward>(
      std::tie(self, weight),
      [&](PreluBackward& node) {
        node.self = SavedVariable(self, false);
        node.weight = SavedVariable(weight, false);
      },
      [&] { return call_below(op, keys, self, weight); },
      [&](const at::Tensor& result) { set_tangent(result, tangent_of_value(self, weight)); });
}

at::Tensor& prelu_(c10::DispatchKeySet keys, at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<InPlace>("prelu_");
  write_differentiably<PreluBackward>(
      self, std::tie(self, weight),
      [&](PreluBackward& node, const at::Tensor& input) {
        node.self = SavedVariable(input, false);
        node.weight = SavedVariable(weight, false);
      },
      [&] { write_below(op, keys, self, weight); },
      [&](const at::Tensor& input) { return tangent_of_value(input, weight); });
  return self;
}

at::Tensor& prelu_out(c10::DispatchKeySet keys, const at::Tensor& self, const at::Tensor& weight,
                      at::Tensor& out) {
  static const auto op = find_op<Out>("prelu", "out");
  check_out_is_not_differentiated("prelu", out, self, weight);
  return write_below(op, keys, self, weight, out);
}

void set_tangents_of_gradients(const Gradients& gradients, const at::Tensor& grad_output,
                               const at::Tensor& self, const at::Tensor& weight) {
  const auto& [grad_input, grad_weight] = gradients;
  const at::Tensor g_tangent = tangent_of(grad_output), x_tangent = tangent_of(self),
                   w_tangent = tangent_of(weight);
  const at::Tensor g = primal_of(grad_output), x = primal_of(self), w = primal_of(weight);
  at::Tensor input_tangent = at::zeros_like(grad_input), full = at::zeros_like(grad_input);
  if (g_tangent.defined()) {
    input_tangent = input_tangent + g_tangent * slopes(x, w);
    full = full + g_tangent * negative_part(x);
  }
  if (x_tangent.defined()) full = full + negative_only(g * x_tangent, x);
  if (w_tangent.defined()) {
    input_tangent = input_tangent + negative_only(g * along_channels(w_tangent, x), x);
  }
  set_tangent(grad_input, input_tangent);
  set_tangent(grad_weight, sum_to_parameter(full, w));
}

Gradients prelu_backward(c10::DispatchKeySet keys, const at::Tensor& grad_output,
                         const at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<Backward>("prelu_backward");
  return call_differentiably<PreluBackwardBackward>(
      std::tie(grad_output, self, weight),
      [&](PreluBackwardBackward& node) {
        node.grad_output = SavedVariable(grad_output, false);
        node.self = SavedVariable(self, false);
        node.weight = SavedVariable(weight, false);
      },
      [&] { return call_below(op, keys, grad_output, self, weight); },
      [&](const Gradients& gradients) {
        set_tangents_of_gradients(gradients, grad_output, self, weight);
      });
}

at::Tensor& bump_in_place(c10::DispatchKeySet keys, at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<InPlace>("prelu_");
  return write_and_bump(op, keys, self, weight);
}

at::Tensor& bump_out(c10::DispatchKeySet keys, const at::Tensor& self, const at::Tensor& weight,
                     at::Tensor& out) {
  static const auto op = find_op<Out>("prelu", "out");
  return write_and_bump(op, keys, self, weight, out);
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("prelu", &prelu);
  m.impl("prelu_", &prelu_);
  m.impl("prelu.out", &prelu_out);
  m.impl("prelu_backward", &prelu_backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  m.impl("prelu_", &bump_in_place);
  m.impl("prelu.out", &bump_out);
}

}  // namespace
}  // namespace act::autograd
