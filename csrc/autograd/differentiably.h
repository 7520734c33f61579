// A call of an op with all that differentiation does around it, in the one order in which that is
// right: the inputs are saved, the kernel is called, its results get their history and then their
// tangents, and an output is saved last, together with its tangent: forward-over-reverse needs it.
#pragma once

#include <tuple>
#include <utility>

#include "node.h"

namespace act::autograd {

template <class... Inputs>
bool any_requires_grad(const std::tuple<Inputs&...>& inputs) {
  return std::apply(
      [](const auto&... input) { return torch::autograd::compute_requires_grad(input...); },
      inputs);
}

template <class... Inputs>
bool any_has_tangent(const std::tuple<Inputs&...>& inputs) {
  return std::apply([](const auto&... input) { return (tangent_of(input).defined() || ...); },
                    inputs);
}

// The node of a call with these inputs, filled by save(node): none where nobody differentiates.
template <class Node, class... Inputs>
c10::intrusive_ptr<Node> node_of(const std::tuple<Inputs&...>& inputs, auto save) {
  if (!any_requires_grad(inputs)) return {};
  auto node = std::apply([](const auto&... input) { return make_node<Node>(input...); }, inputs);
  save(*node);
  return node;
}

template <class Node>
void set_histories(const at::Tensor& result, const c10::intrusive_ptr<Node>& node) {
  torch::autograd::set_history(result, node);
}
template <class Node, class... Results>
void set_histories(const std::tuple<Results...>& results, const c10::intrusive_ptr<Node>& node) {
  std::apply([&](const auto&... result) { (torch::autograd::set_history(result, node), ...); },
             results);
}

// The inputs are those with respect to which there are derivatives. call_kernel() yields a tensor
// or a tuple of them, whose tangents set_tangents(results) sets if an input has one; where the Node
// saves the result, it has a member save_output(result).
template <class Node, class... Inputs>
auto call_differentiably(const std::tuple<Inputs&...>& inputs, auto save, auto call_kernel,
                         auto set_tangents) {
  const auto node = node_of<Node>(inputs, save);
  auto results = call_kernel();
  if (node) set_histories(results, node);
  if (any_has_tangent(inputs)) set_tangents(results);
  if constexpr (requires { node->save_output(results); }) {
    if (node) node->save_output(results);
  }
  return results;
}

// The same of an op that overwrites `self`, the first of the inputs, where its derivatives are
// taken at what stood there: save(node, input) and tangent(input) get a copy, with its tangent,
// which the backward is differentiated along.
template <class Node, class... Inputs>
void write_differentiably(at::Tensor& self, const std::tuple<Inputs&...>& inputs, auto save,
                          auto call_kernel, auto tangent) {
  const bool requires_grad = any_requires_grad(inputs), has_tangent = any_has_tangent(inputs);
  torch::autograd::check_inplace(self, requires_grad);
  const at::Tensor input = requires_grad || has_tangent ? self.clone() : at::Tensor();
  const auto node = node_of<Node>(inputs, [&](Node& made) { save(made, input); });
  call_kernel();
  if (node) torch::autograd::rebase_history(self, node);
  if (has_tangent) update_tangent(self, tangent(input));
}

}  // namespace act::autograd
