// Derivatives of gated activations, gate and other factor in one tensor: of value by backward, one
// pass, and of backward, rarely asked for, composed of differentiable ops (gated_derivatives.h).
#include <torch/library.h>

#include "../gated_arguments.h"
#include "activation.h"
#include "compilable_node.h"
#include "differentiably.h"
#include "gated_derivatives.h"

namespace act::autograd {
namespace {

using at::Tensor;
using Keys = c10::DispatchKeySet;
using Parameters = at::ArrayRef<double>;

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
struct SavedGate : BoundGate {
  bool is_glu = false;

  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    autograd::collect_into(args, formula);
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

  SavedTensors saved_tensors() { return {{self, false}}; }
  auto constants() { return std::tie(gate); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {Tensor()};
    return {gate.backward(grads[0], self.unpack())};
  }
  std::string name() const override {
    return gate.is_glu ? "Act::glu_backward" : "Act::gated_backward";
  }
};

struct GatedBackwardBackward : CompilableNode<GatedBackwardBackward> {
  SavedGate gate;
  SavedVariable grad_output;
  SavedVariable self;

  SavedTensors saved_tensors() { return {{grad_output, false}, {self, false}}; }
  auto constants() { return std::tie(gate); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    const Halves x = halves(gate, self.unpack()), u = halves(gate, grads[0]);
    const GatedPoint point(gate.formula, x.gate, x.other);
    if (task_should_compute_output(0)) result[0] = point.rounded(point.directional(u));
    if (task_should_compute_output(1)) {
      const Halves second = point.second_derivatives(grad_output.unpack(), u);
      result[1] = joined(gate, point.rounded(second));
    }
    return result;
  }
  std::string name() const override {
    return gate.is_glu ? "Act::glu_backward_backward" : "Act::gated_backward_backward";
  }
};

Tensor value(const BoundGate& gate, bool is_glu, const Tensor& self, auto call_kernel) {
  return call_differentiably<GatedBackward>(
      std::tie(self),
      [&](GatedBackward& node) {
        node.gate = {gate, is_glu};
        node.self = SavedVariable(self, false);
      },
      call_kernel,
      [&](const Tensor& result) {
        const Halves x = halves(gate, primal_of(self));
        const GatedPoint point(gate.formula, x.gate, x.other);
        set_tangent(result, point.rounded(point.directional(halves(gate, tangent_of(self)))));
      });
}

// Without anybody to differentiate for, the arguments are not gathered at all.
Tensor backward(auto bind, bool is_glu, const Tensor& grad_output, const Tensor& self,
                auto call_kernel) {
  return call_differentiably<GatedBackwardBackward>(
      std::tie(grad_output, self),
      [&](GatedBackwardBackward& node) {
        node.gate = {bind(), is_glu};
        node.self = SavedVariable(self, false);
        if (self.requires_grad()) node.grad_output = SavedVariable(grad_output, false);
      },
      call_kernel,
      [&](const Tensor& result) {
        const BoundGate gate = bind();
        const Tensor of_self = tangent_of(self);
        const Halves x = halves(gate, primal_of(self));
        const Halves t = of_self.defined() ? halves(gate, of_self) : Halves{};
        const GatedPoint point(gate.formula, x.gate, x.other);
        const Halves tangents =
            point.tangents_of_gradients(primal_of(grad_output), tangent_of(grad_output), t);
        set_tangent(result, joined(gate, point.rounded(tangents)));
      });
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
  return backward([&] { return bind_glu("glu_backward", dim); }, true, grad_output, self,
                  [&] { return call_below(glu_backward_op(), keys, grad_output, self, dim); });
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
  return backward([&] { return bind_gate("gated_backward", activation, layout, dim, parameters); },
                  false, grad_output, self,
                  [&] {
                    return call_below(gated_backward_op(), keys, grad_output, self, activation,
                                      layout, dim, parameters);
                  });
}

Tensor& bump_glu(Keys keys, const Tensor& self, int64_t dim, Tensor& out) {
  return write_and_bump(glu_out_op(), keys, self, dim, out);
}
Tensor& bump_gated(Keys keys, const Tensor& self, std::string_view activation,
                   std::string_view layout, int64_t dim, Parameters parameters, Tensor& out) {
  return write_and_bump(gated_out_op(), keys, self, activation, layout, dim, parameters, out);
}
TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
  m.impl("gated", &gated);
  m.impl("gated.out", &gated_out);
  m.impl("gated_backward", &gated_backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  m.impl("glu.out", &bump_glu);
  m.impl("gated.out", &bump_gated);
}

}  // namespace
}  // namespace act::autograd
