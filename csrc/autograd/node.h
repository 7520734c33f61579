// What the Autograd kernels share: making a node and connecting it, in the way that torch's own
// generated code does. torch::autograd::Function is not used: functorch transforms and forward AD
// refuse it.
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/autograd/VariableTypeUtils.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

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

// The value of an input without its tangent, to compute tangents with.
inline at::Tensor primal_of(const at::Tensor& input) { return input._fw_primal(/*level=*/0); }

inline void set_tangent(const at::Tensor& result, const at::Tensor& tangent,
                        bool in_place = false) {
  result._set_fw_grad(tangent, /*level=*/0, in_place);
}

// An in-place op changes the tangent that its tensor has, in place too.
inline void update_tangent(const at::Tensor& self, const at::Tensor& tangent) {
  at::Tensor own = tangent_of(self);
  own.copy_(tangent);
  set_tangent(self, own, /*in_place=*/true);
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
