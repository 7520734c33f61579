// Derivatives of the ops whose parameters are tensors.
#include <torch/library.h>

#include "parametric_nodes.h"

namespace act::autograd {
namespace {

using torch::autograd::compute_requires_grad;

template <class Op>
struct Kernels;

template <template <class> class Formula, int formula, class... W, class... P>
struct Kernels<ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>> {
  using Op = ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>;
  using Parameters = typename Op::Parameters;
  using Point = ParametricPoint<Op>;

  static bool has_tangent(const at::Tensor& self, const Parameters& parameters) {
    bool has = tangent_of(self).defined();
    for (const at::Tensor& parameter : parameters) has |= tangent_of(parameter).defined();
    return has;
  }
  static Parameters primals_of(const Parameters& parameters) {
    Parameters result;
    for (std::size_t k = 0; k < Op::tensors; ++k) result[k] = primal_of(parameters[k]);
    return result;
  }
  // The tangents of the arguments, as factors of what has the input's shape.
  static typename Point::PerArgument tangents_of(const Point& point, const at::Tensor& self,
                                                 const Parameters& parameters) {
    typename Point::PerArgument result;
    for (int k = 0; k < Point::arguments; ++k) {
      const at::Tensor tangent = tangent_of(k == 0 ? self : parameters[k - 1]);
      if (tangent.defined()) result[k] = point.spread(tangent, k);
    }
    return result;
  }
  static at::Tensor tangent_of_value(const at::Tensor& self, const Parameters& parameters,
                                     const at::Tensor& x, const ParameterValues& scalars) {
    const Point point(x, primals_of(parameters), scalars);
    return point.gathered(point.directional(tangents_of(point, self, parameters)), 0);
  }

  template <class Node>
  static void save(Node& node, const Parameters& parameters, const ParameterValues& scalars) {
    for (std::size_t k = 0; k < Op::tensors; ++k) {
      node.parameters[k] = SavedVariable(parameters[k], false);
    }
    node.scalars = scalars;
  }

  static at::Tensor value(c10::DispatchKeySet keys, const at::Tensor& self, W... tensors,
                          P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    c10::intrusive_ptr<ParametricBackward<Op>> node;
    if (compute_requires_grad(self, tensors...)) {
      node = make_node<ParametricBackward<Op>>(self, tensors...);
      node->self = SavedVariable(self, false);
      save(*node, parameters, scalars);
    }
    at::Tensor result = call_below(Op::value(), keys, self, tensors..., numbers...);
    if (node) torch::autograd::set_history(result, node);
    if (has_tangent(self, parameters)) {
      set_tangent(result, tangent_of_value(self, parameters, primal_of(self), scalars));
    }
    return result;
  }

  static at::Tensor& in_place(c10::DispatchKeySet keys, at::Tensor& self, W... tensors,
                              P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    const bool requires_grad = compute_requires_grad(self, tensors...);
    torch::autograd::check_inplace(self, requires_grad);
    const bool with_tangent = has_tangent(self, parameters);
    // With its tangent, which the backward is differentiated along.
    at::Tensor input;
    if (requires_grad || with_tangent) input = self.clone();
    c10::intrusive_ptr<ParametricBackward<Op>> node;
    if (requires_grad) {
      node = make_node<ParametricBackward<Op>>(self, tensors...);
      node->self = SavedVariable(input, false);
      save(*node, parameters, scalars);
    }
    write_below(Op::in_place(), keys, self, tensors..., numbers...);
    if (node) torch::autograd::rebase_history(self, node);
    if (with_tangent) {
      const at::Tensor tangent = tangent_of_value(self, parameters, primal_of(input), scalars);
      if (tangent_of(self).defined()) {
        update_tangent(self, tangent);
      } else {
        set_tangent(self, tangent, /*in_place=*/true);
      }
    }
    return self;
  }

  static at::Tensor& out(c10::DispatchKeySet keys, const at::Tensor& self, W... tensors,
                         P... numbers, at::Tensor& result) {
    check_out_is_not_differentiated(Op::declaration.name, result, self, tensors...);
    return write_below(Op::out(), keys, self, tensors..., numbers..., result);
  }

  static typename Op::Gradients backward(c10::DispatchKeySet keys, const at::Tensor& grad_output,
                                         const at::Tensor& self, W... tensors, P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    c10::intrusive_ptr<ParametricDoubleBackward<Op>> node;
    if (compute_requires_grad(grad_output, self, tensors...)) {
      node = make_node<ParametricDoubleBackward<Op>>(grad_output, self, tensors...);
      node->grad_output = SavedVariable(grad_output, false);
      node->self = SavedVariable(self, false);
      save(*node, parameters, scalars);
    }
    typename Op::Gradients result =
        call_below(Op::backward(), keys, grad_output, self, tensors..., numbers...);
    if (node) {
      std::apply([&](auto&... gradient) { (torch::autograd::set_history(gradient, node), ...); },
                 result);
    }
    if (tangent_of(grad_output).defined() || has_tangent(self, parameters)) {
      set_tangents_of_gradients(result, grad_output, self, parameters, scalars);
    }
    return result;
  }

  // Of g·∂f/∂argument_k: g'·∂f/∂argument_k + g·(∂f/∂argument_k)'.
  static void set_tangents_of_gradients(typename Op::Gradients& gradients,
                                        const at::Tensor& grad_output, const at::Tensor& self,
                                        const Parameters& parameters,
                                        const ParameterValues& scalars) {
    const Point point(primal_of(self), primals_of(parameters), scalars);
    const auto changes = point.directional_derivatives(tangents_of(point, self, parameters));
    const at::Tensor g = point.spread(primal_of(grad_output), 0);
    at::Tensor g_tangent = tangent_of(grad_output);
    if (g_tangent.defined()) g_tangent = point.spread(g_tangent, 0);
    int k = 0;
    const auto set = [&](at::Tensor& gradient) {
      at::Tensor full = Point::add_product({}, g_tangent, point.derivative(k));
      full = Point::add_product(full, g, changes[k]);
      set_tangent(gradient, full.defined() ? point.gathered(full, k) : at::zeros_like(gradient));
      ++k;
    };
    std::apply([&](auto&... gradient) { (set(gradient), ...); }, gradients);
  }

  static at::Tensor& bump_in_place(c10::DispatchKeySet keys, at::Tensor& self, W... tensors,
                                   P... numbers) {
    return write_and_bump(Op::in_place(), keys, self, tensors..., numbers...);
  }
  static at::Tensor& bump_out(c10::DispatchKeySet keys, const at::Tensor& self, W... tensors,
                              P... numbers, at::Tensor& result) {
    return write_and_bump(Op::out(), keys, self, tensors..., numbers..., result);
  }
};

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  for_each_parametric_op([&]<class Op>() { implement_parametric<Op, Kernels<Op>>(m); });
}

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  for_each_parametric_op([&]<class Op>() {
    const std::string name = Op::declaration.name;
    m.impl((name + "_").c_str(), &Kernels<Op>::bump_in_place);
    m.impl((name + ".out").c_str(), &Kernels<Op>::bump_out);
  });
}

}  // namespace
}  // namespace act::autograd
