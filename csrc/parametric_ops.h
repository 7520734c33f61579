// The ops whose parameters are tensors, as torch sees them: names, C++ signatures and dispatcher
// handles, all from the list.
#pragma once

#include <act/parametric_activations.h>

#include <array>
#include <tuple>

#include "channel_parameter.h"
#include "checks.h"
#include "pointwise_ops.h"

namespace act {

// The formula and its place in the list. Tensors: the types of the parameters that are learned;
// Scalars: of those that are numbers.
template <template <class> class Formula_, int formula, class Tensors, class Scalars>
struct ParametricOp;

template <template <class> class Formula_, int formula, class... W, class... P>
struct ParametricOp<Formula_, formula, TypeList<W...>, TypeList<P...>> {
  template <class T>
  using Formula = Formula_<T>;
  static constexpr const Declaration& declaration = Formula<float>::declaration;
  static constexpr int index = formula;
  static constexpr std::size_t tensors = sizeof...(W);

  // Of the input, then of each parameter.
  using Gradients = std::tuple<at::Tensor, std::remove_cvref_t<W>...>;
  using Parameters = std::array<at::Tensor, tensors>;

  using Value = at::Tensor(const at::Tensor& self, W..., P...);
  using InPlace = at::Tensor&(at::Tensor& self, W..., P...);
  using Out = at::Tensor&(const at::Tensor& self, W..., P..., at::Tensor& out);
  using Backward = Gradients(const at::Tensor& grad_output, const at::Tensor& self, W..., P...);

  static const auto& value() {
    static const auto handle = find_op<Value>(declaration.name);
    return handle;
  }
  static const auto& in_place() {
    static const auto handle = find_op<InPlace>(std::string(declaration.name) + "_");
    return handle;
  }
  static const auto& out() {
    static const auto handle = find_op<Out>(declaration.name, "out");
    return handle;
  }
  static const auto& backward() {
    static const auto handle = find_op<Backward>(std::string(declaration.name) + "_backward");
    return handle;
  }

  static at::Tensor call_value(const at::Tensor& self, const Parameters& parameters,
                               const ParameterValues& scalars) {
    return with_arguments(parameters, scalars, [&](const auto&... arguments) {
      return value().call(self, arguments...);
    });
  }
  static Gradients call_backward(const at::Tensor& grad_output, const at::Tensor& self,
                                 const Parameters& parameters, const ParameterValues& scalars) {
    return with_arguments(parameters, scalars, [&](const auto&... arguments) {
      return backward().call(grad_output, self, arguments...);
    });
  }

  // The values of the scalar parameters, checked.
  static ParameterValues scalars(P... numbers) {
    return check_parameters(declaration, {numbers...});
  }

  static void check(const at::Tensor& self, const Parameters& parameters) {
    check_floating_point(declaration.name, self);
    for (std::size_t k = 0; k < tensors; ++k) {
      check_channel_parameter(declaration.name, Formula<float>::tensors[k], parameters[k], self);
    }
  }

 private:
  template <class Call>
  static auto with_arguments(const Parameters& parameters, const ParameterValues& scalars,
                             Call call) {
    const at::Scalar numbers[] = {scalars.first, scalars.second};
    return [&]<std::size_t... k, std::size_t... n>(std::index_sequence<k...>,
                                                   std::index_sequence<n...>) {
      return call(parameters[k]..., numbers[n]...);
    }(std::index_sequence_for<W...>{}, std::index_sequence_for<P...>{});
  }
};

namespace detail {

template <template <class> class Formula, int formula>
constexpr auto parametric_op() {
  using Tensor = const at::Tensor&;
  using Scalars = decltype(parameter_types<Formula<float>::declaration>());
  if constexpr (tensor_count<Formula> == 1) {
    return std::type_identity<ParametricOp<Formula, formula, TypeList<Tensor>, Scalars>>{};
  } else {
    return std::type_identity<ParametricOp<Formula, formula, TypeList<Tensor, Tensor>, Scalars>>{};
  }
}

template <template <class> class... Formula, int... index, class Visitor>
void visit_parametric_ops(FormulaList<Formula...>, std::integer_sequence<int, index...>,
                          Visitor& visitor) {
  (visitor.template operator()<typename decltype(parametric_op<Formula, index>())::type>(), ...);
}

}  // namespace detail

// Calls visitor.operator()<Op>() for each op of the list.
template <class Visitor>
void for_each_parametric_op(Visitor visitor) {
  detail::visit_parametric_ops(ParametricActivations{},
                               std::make_integer_sequence<int, ParametricActivations::size>{},
                               visitor);
}

// Registers one dispatch key's kernels of an op: Kernels has the functions below.
template <class Op, class Kernels>
void implement_parametric(torch::Library& m) {
  const std::string name = Op::declaration.name;
  m.impl(name.c_str(), &Kernels::value);
  m.impl((name + "_").c_str(), &Kernels::in_place);
  m.impl((name + ".out").c_str(), &Kernels::out);
  m.impl((name + "_backward").c_str(), &Kernels::backward);
}

}  // namespace act
