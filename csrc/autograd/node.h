// What the Autograd kernels share: making a node and connecting it, in the way that torch's own
// generated code does. torch::autograd::Function is not used: functorch transforms and forward AD
// refuse it.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/add.h>
#include <torch/csrc/autograd/VariableTypeUtils.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <string>
#include <utility>

namespace act::autograd {

using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

// A node whose outputs are the gradients of `inputs`, in this order.
template <class Node, class... Inputs>
c10::intrusive_ptr<Node> make_node(const Inputs&... inputs) {
  auto node = c10::make_intrusive<Node>();
  node->set_next_edges(torch::autograd::collect_next_edges(inputs...));
  return node;
}

// The tangent of an input, undefined where it has none.
inline at::Tensor tangent_of(const at::Tensor& input) {
  return input.defined() ? input._fw_grad(/*level=*/0) : at::Tensor();
}

// The value of an input without its tangent, to compute tangents with. Where there is none the
// input itself: _fw_primal makes a view, which nested tensors do not have.
inline at::Tensor primal_of(const at::Tensor& input) {
  return tangent_of(input).defined() ? input._fw_primal(/*level=*/0) : input;
}

inline void set_tangent(const at::Tensor& result, const at::Tensor& tangent,
                        bool in_place = false) {
  result._set_fw_grad(tangent, /*level=*/0, in_place);
}

// An in-place op changes the tangent that its tensor has, in place too.
inline void update_tangent(const at::Tensor& self, const at::Tensor& tangent) {
  at::Tensor own = tangent_of(self);
  if (!own.defined()) return set_tangent(self, tangent, /*in_place=*/true);
  own.copy_(tangent);
  set_tangent(self, own, /*in_place=*/true);
}

// The sum of two terms, of which either may be undefined: no tangent, or one that nobody asked for.
inline at::Tensor add_defined(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? at::add(a, b) : a;
}

// Calls the kernels below autograd.
template <class Handle, class... Arguments>
auto call_below(const Handle& op, c10::DispatchKeySet keys, const Arguments&... arguments) {
  at::AutoDispatchBelowADInplaceOrView guard;
  return op.redispatch(keys & c10::after_ADInplaceOrView_keyset, arguments...);
}

// For an op that writes to `written`, in place or out=: calls the next kernel, which tells the
// version counter …
template <class Handle, class... Arguments>
at::Tensor& write_below(const Handle& op, c10::DispatchKeySet keys, Arguments&&... arguments) {
  at::AutoDispatchBelowAutograd guard;
  return op.redispatch(keys & c10::after_autograd_keyset, std::forward<Arguments>(arguments)...);
}

// … of what was written, here: also under inference_mode, where the Autograd kernels do not run.
template <class Handle, class... Arguments>
at::Tensor& write_and_bump(const Handle& op, c10::DispatchKeySet keys, Arguments&&... arguments) {
  at::AutoDispatchBelowADInplaceOrView guard;
  at::Tensor& written = op.redispatch(keys & c10::after_ADInplaceOrView_keyset,
                                      std::forward<Arguments>(arguments)...);
  torch::autograd::increment_version(written);
  return written;
}

// out= is not differentiable, as everywhere in torch.
template <class... Inputs>
void check_out_is_not_differentiated(const char* op, const at::Tensor& out,
                                     const Inputs&... inputs) {
  if (torch::autograd::compute_requires_grad(inputs...) ||
      torch::autograd::compute_requires_grad(out)) {
    torch::autograd::throw_error_out_requires_grad((std::string("act::") + op).c_str());
  }
  TORCH_CHECK_NOT_IMPLEMENTED(
      !(torch::autograd::isFwGradDefined(inputs) || ...) && !torch::autograd::isFwGradDefined(out),
      "Trying to use forward AD with act::", op,
      " that does not support it because it is an out= function");
}

}  // namespace act::autograd
