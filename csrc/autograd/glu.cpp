// Derivatives of glu. With J·u = Σ over halves of ∂glu/∂self · u, everything of first order is
// glu_backward of ones; the second derivatives, rarely asked for, are composed of torch's
// differentiable ops.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sigmoid.h>
#include <torch/library.h>

#include "../dispatcher.h"
#include "compilable_node.h"
#include "node.h"

namespace act::autograd {
namespace {

using torch::autograd::compute_requires_grad;

using Value = at::Tensor(const at::Tensor&, int64_t);
using Out = at::Tensor&(const at::Tensor&, int64_t, at::Tensor&);
using Backward = at::Tensor(const at::Tensor&, const at::Tensor&, int64_t);

const auto& backward_op() {
  static const auto op = find_op<Backward>("glu_backward");
  return op;
}

struct Halves {
  at::Tensor a, b;
};

Halves halves(const at::Tensor& tensor, int64_t dim) {
  const c10::SymInt half = tensor.sym_size(dim) / 2;
  return {tensor.narrow_symint(dim, 0, half), tensor.narrow_symint(dim, half, half)};
}

// ∂glu/∂a·u_a + ∂glu/∂b·u_b: the tangent of glu, and the gradient of glu_backward by grad_output.
at::Tensor along(const at::Tensor& u, const at::Tensor& self, int64_t dim) {
  const at::Tensor ones = at::ones_like(halves(self, dim).a);
  const Halves terms = halves(at::mul(backward_op().call(ones, self, dim), u), dim);
  return terms.a + terms.b;
}

// The second derivatives of glu along u, times grad_output: (u_b·σ', u_a·σ' + u_b·a·σ'')·g. The
// matrix is symmetric: this is the gradient of glu_backward by self as well as its tangent.
at::Tensor second(const at::Tensor& u, const at::Tensor& grad_output, const at::Tensor& self,
                  int64_t dim) {
  const auto [a, b] = halves(self, dim);
  const auto [u_a, u_b] = halves(u, dim);
  const at::Tensor above = at::sigmoid(b), below = at::sigmoid(b.neg());
  const at::Tensor slope = above * below * grad_output;
  return at::cat({u_b * slope, (u_a + u_b * a * (below - above)) * slope}, dim);
}

struct GluBackward : CompilableNode<GluBackward> {
  SavedVariable self;
  int64_t dim = -1;

  std::vector<SavedTensor> saved_tensors() { return {{self, false}}; }
  auto constants() { return std::tie(dim); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {at::Tensor()};
    return {backward_op().call(grads[0], self.unpack(), dim)};
  }
  void release_variables() override { self.reset_data(); }
  std::string name() const override { return "Act::glu_backward"; }
};

struct GluBackwardBackward : CompilableNode<GluBackwardBackward> {
  SavedVariable grad_output;
  SavedVariable self;
  int64_t dim = -1;

  std::vector<SavedTensor> saved_tensors() { return {{grad_output, false}, {self, false}}; }
  auto constants() { return std::tie(dim); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    const at::Tensor x = self.unpack();
    if (task_should_compute_output(0)) result[0] = along(grads[0], x, dim);
    if (task_should_compute_output(1)) result[1] = second(grads[0], grad_output.unpack(), x, dim);
    return result;
  }
  void release_variables() override {
    grad_output.reset_data();
    self.reset_data();
  }
  std::string name() const override { return "Act::glu_backward_backward"; }
};

at::Tensor glu(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim) {
  static const auto op = find_op<Value>("glu");
  c10::intrusive_ptr<GluBackward> node;
  if (compute_requires_grad(self)) {
    node = make_node<GluBackward>(self);
    node->dim = dim;
    node->self = SavedVariable(self, false);
  }
  at::Tensor result = call_below(op, keys, self, dim);
  if (node) torch::autograd::set_history(result, node);
  const at::Tensor tangent = tangent_of(self);
  if (tangent.defined()) set_tangent(result, along(tangent, primal_of(self), dim));
  return result;
}

const auto& out_op() {
  static const auto op = find_op<Out>("glu", "out");
  return op;
}

at::Tensor& glu_out(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim,
                    at::Tensor& out) {
  check_out_is_not_differentiated("glu", out, self);
  return write_below(out_op(), keys, self, dim, out);
}

at::Tensor& bump_out(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim,
                     at::Tensor& out) {
  return write_and_bump(out_op(), keys, self, dim, out);
}

at::Tensor glu_backward(c10::DispatchKeySet keys, const at::Tensor& grad_output,
                        const at::Tensor& self, int64_t dim) {
  c10::intrusive_ptr<GluBackwardBackward> node;
  if (compute_requires_grad(grad_output, self)) {
    node = make_node<GluBackwardBackward>(grad_output, self);
    node->dim = dim;
    node->self = SavedVariable(self, false);
    if (self.requires_grad()) node->grad_output = SavedVariable(grad_output, false);
  }
  at::Tensor result = call_below(backward_op(), keys, grad_output, self, dim);
  if (node) torch::autograd::set_history(result, node);
  const at::Tensor of_grad = tangent_of(grad_output), of_self = tangent_of(self);
  if (of_grad.defined() || of_self.defined()) {
    const at::Tensor x = primal_of(self);
    at::Tensor tangent;
    if (of_grad.defined()) tangent = backward_op().call(of_grad, x, dim);
    if (of_self.defined()) {
      const at::Tensor term = second(of_self, primal_of(grad_output), x, dim);
      tangent = add_defined(tangent, term);
    }
    set_tangent(result, tangent);
  }
  return result;
}

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) { m.impl("glu.out", &bump_out); }

}  // namespace
}  // namespace act::autograd
