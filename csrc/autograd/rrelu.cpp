// rrelu is composed: in evaluation a leaky_relu, in training a state drawn from the generator and
// rrelu_with_state, which is a pure function of its arguments. Only the latter needs derivatives of
// its own: it saves its input or output and the state, or becomes rrelu_with_slopes, which saves
// what the state makes.
#include <ATen/ops/clone.h>
#include <act/formulas/rrelu.h>
#include <torch/library.h>

#include "../checks.h"
#include "../dispatcher.h"
#include "compilable_node.h"
#include "differentiably.h"
#include "saved_preference.h"

namespace act::autograd {
namespace {

using at::Scalar;
using at::Tensor;
using torch::autograd::compute_requires_grad;

using Value = Tensor(const Tensor&, const Tensor&, const Scalar&, const Scalar&);
using InPlace = Tensor&(Tensor&, const Tensor&, const Scalar&, const Scalar&);
using WithSlopes = std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Scalar&,
                                              const Scalar&);
using Out = Tensor&(const Tensor&, const Tensor&, const Scalar&, const Scalar&, Tensor&);
using Backward = Tensor(const Tensor&, const Tensor&, const Tensor&, const Scalar&, const Scalar&,
                        bool);

// One call's state and bounds. The gradient is linear in grad_output with slopes that depend on the
// sign of the saved tensor alone: every higher derivative by the latter is zero.
struct Slopes {
  Scalar lower;
  Scalar upper;
  bool is_result = false;

  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    args.collect(lower);
    args.collect(upper);
    args.collect(is_result);
  }
  Tensor backward(const Tensor& grad_output, const Tensor& saved, const Tensor& state) const {
    static const auto op = find_op<Backward>("rrelu_backward");
    return op.call(grad_output, saved, state, lower, upper, is_result);
  }
};

// Of rrelu_with_state and of rrelu_backward alike: both have the derivative grad·slope.
struct RreluBackward : CompilableNode<RreluBackward> {
  Slopes slopes;
  SavedVariable saved;
  SavedVariable state;

  SavedTensors saved_tensors() { return {{saved, saves_own_output}, {state, false}}; }
  auto constants() { return std::tie(slopes); }
  void save_output(const Tensor& result) {
    if (saves_own_output) saved = SavedVariable(result, true);
  }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {Tensor()};
    const Tensor x = saved.unpack(saves_own_output ? getptr() : nullptr);
    return {slopes.backward(grads[0], x, state.unpack())};
  }
  std::string name() const override { return "Act::rrelu_backward"; }

  // Else what is_result speaks of is the output of another node.
  bool saves_own_output = false;
};

// A negative slope flips the sign: then the output does not tell the input's.
bool output_determines_derivative(const Scalar& lower) { return lower.toDouble() >= 0; }

// A processor draws a slope slower than it reads it, and a GPU faster. Sparse and nested tensors
// save their values. Whoever asked for the input or the output to be saved gets these, and a state.
bool saves_slopes(const Tensor& self) {
  const std::optional<Saved> preference = saved_preference();
  return self.device().is_cpu() && self.layout() == at::kStrided && preference != Saved::input &&
         preference != Saved::output;
}

Tensor rrelu_with_state(c10::DispatchKeySet keys, const Tensor& self, const Tensor& state,
                        const Scalar& lower, const Scalar& upper) {
  static const auto op = find_op<Value>("rrelu_with_state");
  if ((compute_requires_grad(self) || tangent_of(self).defined()) && saves_slopes(self)) {
    static const auto with_slopes = find_op<WithSlopes>("rrelu_with_slopes");
    return std::get<0>(with_slopes.call(self, state, lower, upper));
  }
  const bool is_result = saved_preference() == Saved::output && output_determines_derivative(lower);
  const Slopes slopes{lower, upper, is_result};
  return call_differentiably<RreluBackward>(
      std::tie(self),
      [&](RreluBackward& node) {
        node.slopes = slopes;
        node.saves_own_output = is_result;
        if (!is_result) node.saved = SavedVariable(self, false);
        node.state = SavedVariable(state, false);
      },
      [&] { return call_below(op, keys, self, state, lower, upper); },
      [&](const Tensor& result) {
        const Tensor x = is_result ? result : primal_of(self);
        set_tangent(result, slopes.backward(tangent_of(self), x, state));
      });
}

Tensor& rrelu_with_state_(c10::DispatchKeySet keys, Tensor& self, const Tensor& state,
                          const Scalar& lower, const Scalar& upper) {
  static const auto op = find_op<InPlace>("rrelu_with_state_");
  const bool requires_grad = compute_requires_grad(self);
  torch::autograd::check_inplace(self, requires_grad);
  const Tensor tangent = tangent_of(self);
  const Slopes slopes{lower, upper, output_determines_derivative(lower)};
  Tensor input;
  if (!slopes.is_result && (requires_grad || tangent.defined())) input = primal_of(self).clone();
  c10::intrusive_ptr<RreluBackward> node;
  if (requires_grad) {
    node = make_node<RreluBackward>(self);
    node->slopes = slopes;
    node->state = SavedVariable(state, false);
    if (!slopes.is_result) node->saved = SavedVariable(input, false);
  }
  write_below(op, keys, self, state, lower, upper);
  if (node) torch::autograd::rebase_history(self, node);
  if (tangent.defined()) {
    update_tangent(self,
                   slopes.backward(tangent, slopes.is_result ? primal_of(self) : input, state));
  }
  if (node && slopes.is_result) {
    node->saves_own_output = true;
    node->saved = SavedVariable(self, true, self.is_view());
  }
  return self;
}

Tensor& rrelu_with_state_out(c10::DispatchKeySet keys, const Tensor& self, const Tensor& state,
                             const Scalar& lower, const Scalar& upper, Tensor& out) {
  static const auto op = find_op<Out>("rrelu_with_state", "out");
  check_out_is_not_differentiated("rrelu", out, self);
  return write_below(op, keys, self, state, lower, upper, out);
}

Tensor rrelu_backward(c10::DispatchKeySet keys, const Tensor& grad_output, const Tensor& saved,
                      const Tensor& state, const Scalar& lower, const Scalar& upper,
                      bool is_result) {
  static const auto op = find_op<Backward>("rrelu_backward");
  const Slopes slopes{lower, upper, is_result};
  return call_differentiably<RreluBackward>(
      std::tie(grad_output),
      [&](RreluBackward& node) {
        node.slopes = slopes;
        node.saved = SavedVariable(saved, false);
        node.state = SavedVariable(state, false);
      },
      [&] { return call_below(op, keys, grad_output, saved, state, lower, upper, is_result); },
      [&](const Tensor& result) {
        set_tangent(result, slopes.backward(tangent_of(grad_output), primal_of(saved), state));
      });
}

Tensor& bump_in_place(c10::DispatchKeySet keys, Tensor& self, const Tensor& state,
                      const Scalar& lower, const Scalar& upper) {
  static const auto op = find_op<InPlace>("rrelu_with_state_");
  return write_and_bump(op, keys, self, state, lower, upper);
}

Tensor& bump_out(c10::DispatchKeySet keys, const Tensor& self, const Tensor& state,
                 const Scalar& lower, const Scalar& upper, Tensor& out) {
  static const auto op = find_op<Out>("rrelu_with_state", "out");
  return write_and_bump(op, keys, self, state, lower, upper, out);
}

// The composition itself.
using Generator = std::optional<at::Generator>;

Tensor draw_state(const Tensor& self, const Generator& generator) {
  static const auto op =
      find_op<Tensor(const Tensor&, c10::SymIntArrayRef, Generator)>("philox_state");
  return op.call(self, {}, generator);
}

Scalar mean_slope(const Scalar& lower, const Scalar& upper) {
  return formulas::Rrelu<double>(check_rrelu_bounds(lower, upper)).mean_slope();
}

Tensor rrelu(const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
             Generator generator) {
  check_floating_point("rrelu", self);
  const Scalar slope = mean_slope(lower, upper);
  static const auto fixed = find_op<Tensor(const Tensor&, const Scalar&)>("leaky_relu");
  static const auto drawn = find_op<Value>("rrelu_with_state");
  if (!training) return fixed.call(self, slope);
  return drawn.call(self, draw_state(self, generator), lower, upper);
}

Tensor& rrelu_(Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
               Generator generator) {
  check_floating_point("rrelu", self);
  const Scalar slope = mean_slope(lower, upper);
  static const auto fixed = find_op<Tensor&(Tensor&, const Scalar&)>("leaky_relu_");
  static const auto drawn = find_op<InPlace>("rrelu_with_state_");
  if (!training) return fixed.call(self, slope);
  return drawn.call(self, draw_state(self, generator), lower, upper);
}

Tensor& rrelu_out(const Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
                  Generator generator, Tensor& out) {
  check_floating_point("rrelu", self);
  check_out("rrelu", out, self);
  const Scalar slope = mean_slope(lower, upper);
  static const auto fixed =
      find_op<Tensor&(const Tensor&, const Scalar&, Tensor&)>("leaky_relu", "out");
  static const auto drawn = find_op<Out>("rrelu_with_state", "out");
  if (!training) return fixed.call(self, slope, out);
  return drawn.call(self, draw_state(self, generator), lower, upper, out);
}

void implement_composition(torch::Library& m) {
  m.impl("rrelu", &rrelu);
  m.impl("rrelu_", &rrelu_);
  m.impl("rrelu.out", &rrelu_out);
}

TORCH_LIBRARY_IMPL(act, CompositeImplicitAutograd, m) { implement_composition(m); }

// vmap would take its fallback before a composite op, and would not see it at all where nothing is
// vmapped, though each sample has to draw.
TORCH_LIBRARY_IMPL(act, FuncTorchBatchedDecomposition, m) { implement_composition(m); }
TORCH_LIBRARY_IMPL(act, FuncTorchVmapMode, m) { implement_composition(m); }

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("philox_state", torch::CppFunction::makeFallthrough());
  m.impl("rrelu_with_state", &rrelu_with_state);
  m.impl("rrelu_with_state_", &rrelu_with_state_);
  m.impl("rrelu_with_state.out", &rrelu_with_state_out);
  m.impl("rrelu_backward", &rrelu_backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  m.impl("rrelu_with_state_", &bump_in_place);
  m.impl("rrelu_with_state.out", &bump_out);
}

}  // namespace
}  // namespace act::autograd
