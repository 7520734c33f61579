// Derivatives of the ops whose parameters are tensors.
#include <torch/library.h>

#include "differentiably.h"
#include "parametric_nodes.h"

namespace act::autograd {
namespace {

template <class Op>
struct Kernels;

template <template <class> class Formula, int formula, class... W, class... P>
struct Kernels<ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>> {
  using Op = ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>;
  using Parameters = typename Op::Parameters;
  using Point = ParametricPoint<Op>;

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
                                     const ParameterValues& scalars) {
    const Point point(primal_of(self), primals_of(parameters), scalars);
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
    return call_differentiably<ParametricBackward<Op>>(
        std::tie(self, tensors...),
        [&](auto& node) {
          node.self = SavedVariable(self, false);
          save(node, parameters, scalars);
        },
        [&] { return call_below(Op::value(), keys, self, tensors..., numbers...); },
        [&](const at::Tensor& result) {
          set_tangent(result, tangent_of_value(self, parameters, scalars));
        });
  }

  static at::Tensor& in_place(c10::DispatchKeySet keys, at::Tensor& self, W... tensors,
                              P... numbers) {
    const Parameters parameters{tensors...};
    const ParameterValues scalars = Op::scalars(numbers...);
    write_differentiably<ParametricBackward<Op>>(
        self, std::tie(self, tensors...),
        [&](auto& node, const at::Tensor& input) {
          node.self = SavedVariable(input, false);
          save(node, parameters, scalars);
        },
        [&] { write_below(Op::in_place(), keys, self, tensors..., numbers...); },
        [&](const at::Tensor& input) { return tangent_of_value(input, parameters, scalars); });
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
    return call_differentiably<ParametricDoubleBackward<Op>>(
        std::tie(grad_output, self, tensors...),
        [&](auto& node) {
          node.grad_output = SavedVariable(grad_output, false);
          node.self = SavedVariable(self, false);
          save(node, parameters, scalars);
        },
        [&] { return call_below(Op::backward(), keys, grad_output, self, tensors..., numbers...); },
        [&](typename Op::Gradients& gradients) {
          set_tangents_of_gradients(gradients, grad_output, self, parameters, scalars);
        });
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
