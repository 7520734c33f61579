// Derivatives of the pointwise ops: of value by backward, of backward by backward and
// double_backward.
#include <ATen/ops/add.h>
#include <ATen/ops/clone.h>
#include <ATen/ops/mul.h>

#include "bound_op.h"
#include "compilable_node.h"
#include "differentiably.h"
#include "saved_preference.h"
#include "slope_bits.h"

namespace act::autograd {

std::optional<Saved>& saved_preference() {
  static thread_local std::optional<Saved> preference;
  return preference;
}

namespace {

using torch::autograd::compute_requires_grad;
using torch::autograd::Node;

std::string node_name(const BoundOp& op, const char* suffix) {
  return std::string("Act::") + op.name() + suffix;
}

// grad_input = grad_output · f'(saved)
struct PointwiseBackward : CompilableNode<PointwiseBackward> {
  BoundOp op;
  SavedVariable saved;

  SavedTensors saved_tensors() { return {{saved, op.is_result}}; }
  auto constants() { return std::tie(op); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {at::Tensor()};
    return {op.backward(grads[0], saved.unpack(op.is_result ? getptr() : nullptr))};
  }
  std::string name() const override { return node_name(op, "_backward"); }
};

// r = grad_output · f'(x) is linear in grad_output, and its derivative by x is grad_output ·
// f''(x).
struct PointwiseBackwardBackward : CompilableNode<PointwiseBackwardBackward> {
  BoundOp op;
  SavedVariable grad_output;
  SavedVariable saved;

  SavedTensors saved_tensors() { return {{grad_output, false}, {saved, false}}; }
  auto constants() { return std::tie(op); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    const at::Tensor x = saved.unpack();
    if (task_should_compute_output(0)) result[0] = op.backward(grads[0], x);
    if (task_should_compute_output(1)) {
      result[1] = op.double_backward(grads[0], grad_output.unpack(), x);
    }
    return result;
  }
  std::string name() const override { return node_name(op, "_backward_backward"); }
};

// r = grad_grad_input · grad_output · f''(x): linear in the first two.
struct PointwiseDoubleBackwardBackward : CompilableNode<PointwiseDoubleBackwardBackward> {
  BoundOp op;
  SavedVariable grad_grad_input;
  SavedVariable grad_output;
  SavedVariable saved;

  SavedTensors saved_tensors() {
    return {{grad_grad_input, false}, {grad_output, false}, {saved, false}};
  }
  auto constants() { return std::tie(op); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(3);
    if (!grads[0].defined()) return result;
    const at::Tensor x = saved.unpack();
    if (task_should_compute_output(0)) {
      result[0] = op.double_backward(grads[0], grad_output.unpack(), x);
    }
    if (task_should_compute_output(1)) {
      result[1] = op.double_backward(grads[0], grad_grad_input.unpack(), x);
    }
    if (task_should_compute_output(2)) {
      result[2] = op.third_derivative_times(
          at::mul(grads[0], at::mul(grad_grad_input.unpack(), grad_output.unpack())), x);
    }
    return result;
  }
  std::string name() const override { return node_name(op, "_double_backward_backward"); }
};

// The node of a call, none where nobody differentiates; `saving` is the same where it still has to
// be given a tensor to save.
struct Nodes {
  c10::intrusive_ptr<Node> node;
  c10::intrusive_ptr<PointwiseBackward> saving;
};

Nodes nodes_of_value(const BoundOp& op, const at::Tensor& self, bool requires_grad,
                     bool saves_bits) {
  if (!requires_grad) return {};
  if (saves_bits) return {node_with_bits(op, self), nullptr};
  auto node = make_node<PointwiseBackward>(self);
  node->op = op;
  return {node, node};
}

// Sparse and nested tensors save what they save without being asked.
bool can_save_bits(const BoundOp& op, const at::Tensor& self) {
  return op.call_slope_bits != nullptr && self.layout() == at::kStrided;
}

// Without anybody to differentiate for, the arguments are not gathered at all.
at::Tensor value(const at::Tensor& self, auto bind_op, auto call) {
  const bool requires_grad = compute_requires_grad(self);
  const at::Tensor tangent = tangent_of(self);
  if (!requires_grad && !tangent.defined()) return call();
  BoundOp op = bind_op();
  const Saved own = declaration_of(op.formula.index).saved;
  Saved preferred = saved_preference().value_or(own);
  if (preferred == Saved::bits && !can_save_bits(op, self)) preferred = own;
  op.is_result =
      preferred == Saved::output && output_determines_derivative(op.formula, self.scalar_type());
  const auto [node, saving] = nodes_of_value(op, self, requires_grad, preferred == Saved::bits);
  if (saving && !op.is_result) saving->saved = SavedVariable(self, /*is_output=*/false);
  at::Tensor result = call();
  if (node) torch::autograd::set_history(result, node);
  if (tangent.defined()) {
    set_tangent(result, op.backward(tangent, op.is_result ? result : primal_of(self)));
  }
  // After the tangent is set: an output is saved together with it.
  if (saving && op.is_result) saving->saved = SavedVariable(result, /*is_output=*/true);
  return result;
}

void in_place(BoundOp op, at::Tensor& self, auto call) {
  const bool requires_grad = compute_requires_grad(self);
  const at::Tensor tangent = tangent_of(self);
  torch::autograd::check_inplace(self, requires_grad);
  const bool saves_bits = saved_preference() == Saved::bits && can_save_bits(op, self);
  op.is_result = output_determines_derivative(op.formula, self.scalar_type());
  // Where neither the output nor bits give the derivative, the input is gone: it is copied before,
  // as in torch, with its tangent, which the backward is differentiated along.
  at::Tensor input;
  if (!op.is_result && (tangent.defined() || (requires_grad && !saves_bits))) input = self.clone();
  const auto [node, saving] = nodes_of_value(op, self, requires_grad, saves_bits);
  if (saving && !op.is_result) saving->saved = SavedVariable(input, /*is_output=*/false);
  call();
  if (node) torch::autograd::rebase_history(self, node);
  if (tangent.defined()) {
    update_tangent(self, op.backward(tangent, primal_of(op.is_result ? self : input)));
  }
  if (saving && op.is_result) {
    saving->saved = SavedVariable(self, /*is_output=*/true, /*is_inplace_on_view=*/self.is_view());
  }
}

at::Tensor backward(const BoundOp& op, const at::Tensor& grad_output, const at::Tensor& saved,
                    auto call_kernel) {
  return call_differentiably<PointwiseBackwardBackward>(
      std::tie(grad_output, saved),
      [&](PointwiseBackwardBackward& node) {
        node.op = op;
        node.saved = SavedVariable(saved, false);
        if (saved.requires_grad()) node.grad_output = SavedVariable(grad_output, false);
      },
      call_kernel,
      [&](const at::Tensor& result) {
        const at::Tensor grad_tangent = tangent_of(grad_output);
        const at::Tensor saved_tangent = tangent_of(saved);
        const at::Tensor x = primal_of(saved);
        at::Tensor of_grad, of_saved;
        if (grad_tangent.defined()) of_grad = op.backward(grad_tangent, x);
        if (saved_tangent.defined()) {
          of_saved = op.double_backward(saved_tangent, primal_of(grad_output), x);
        }
        set_tangent(result, add_defined(of_grad, of_saved));
      });
}

at::Tensor double_backward(const BoundOp& op, const at::Tensor& grad_grad_input,
                           const at::Tensor& grad_output, const at::Tensor& saved,
                           auto call_kernel) {
  return call_differentiably<PointwiseDoubleBackwardBackward>(
      std::tie(grad_grad_input, grad_output, saved),
      [&](PointwiseDoubleBackwardBackward& node) {
        node.op = op;
        node.grad_grad_input = SavedVariable(grad_grad_input, false);
        node.grad_output = SavedVariable(grad_output, false);
        node.saved = SavedVariable(saved, false);
      },
      call_kernel,
      [&](const at::Tensor& result) {
        const at::Tensor first = tangent_of(grad_grad_input);
        const at::Tensor second = tangent_of(grad_output);
        const at::Tensor third = tangent_of(saved);
        const at::Tensor u = primal_of(grad_grad_input), g = primal_of(grad_output),
                         x = primal_of(saved);
        at::Tensor tangent;
        if (first.defined()) tangent = op.double_backward(first, g, x);
        if (second.defined()) tangent = add_defined(tangent, op.double_backward(u, second, x));
        if (third.defined()) {
          tangent =
              add_defined(tangent, op.third_derivative_times(at::mul(third, at::mul(u, g)), x));
        }
        set_tangent(result, tangent);
      });
}

// Thin typed kernels around the functions above: each op's arguments become a BoundOp.
template <class Op>
struct Kernel;

template <int index, class... P, class... E>
struct Kernel<PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<index, TypeList<P...>, TypeList<E...>>;
  using Keys = c10::DispatchKeySet;

  static BoundOp bound(P... parameters, E... is_result) {
    return BoundOpOf<Op>::bound(parameters..., is_result...);
  }
  // The overload for the ops that compute values: whether the result is saved is decided there.
  static BoundOp bound_value(P... parameters) { return bound(parameters..., E(false)...); }

  static at::Tensor value(Keys keys, const at::Tensor& self, P... parameters) {
    return autograd::value(
        self, [&] { return bound_value(parameters...); },
        [&] { return call_below(Op::value(), keys, self, parameters...); });
  }
  static at::Tensor& in_place(Keys keys, at::Tensor& self, P... parameters) {
    autograd::in_place(bound_value(parameters...), self,
                       [&] { write_below(Op::in_place(), keys, self, parameters...); });
    return self;
  }
  static at::Tensor& out(Keys keys, const at::Tensor& self, P... parameters, at::Tensor& result) {
    check_out_is_not_differentiated(Op::declaration.name, result, self);
    return write_below(Op::out(), keys, self, parameters..., result);
  }
  static at::Tensor backward(Keys keys, const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E... is_result) {
    return autograd::backward(bound(parameters..., is_result...), grad_output, saved, [&] {
      return call_below(Op::backward(), keys, grad_output, saved, parameters..., is_result...);
    });
  }
  static at::Tensor double_backward(Keys keys, const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E... is_result) {
    return autograd::double_backward(
        bound(parameters..., is_result...), grad_grad_input, grad_output, saved, [&] {
          return call_below(Op::double_backward(), keys, grad_grad_input, grad_output, saved,
                            parameters..., is_result...);
        });
  }
};

template <class Op>
struct VersionBump;

template <int index, class... P, class... E>
struct VersionBump<PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<index, TypeList<P...>, TypeList<E...>>;

  static at::Tensor& in_place(c10::DispatchKeySet keys, at::Tensor& self, P... parameters) {
    return write_and_bump(Op::in_place(), keys, self, parameters...);
  }
  static at::Tensor& out(c10::DispatchKeySet keys, const at::Tensor& self, P... parameters,
                         at::Tensor& result) {
    return write_and_bump(Op::out(), keys, self, parameters..., result);
  }
};

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  for_each_op([&]<class Op>() { implement<Op, Kernel<Op>>(m); });
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  for_each_op([&]<class Op>() {
    const std::string name = Op::declaration.name;
    m.impl((name + "_").c_str(), &VersionBump<Op>::in_place);
    m.impl((name + ".out").c_str(), &VersionBump<Op>::out);
  });
}

}  // namespace
}  // namespace act::autograd
