// The pointwise ops as torch sees them: names, C++ signatures and dispatcher handles, all from the
// list.
#pragma once

#include <ATen/core/Tensor.h>
#include <act/activations.h>
#include <c10/core/Scalar.h>
#include <torch/library.h>

#include <string>
#include <string_view>
#include <utility>

#include "dispatcher.h"

namespace act {

template <class... T>
struct TypeList {};

// A formula of the list together with the values of its parameters.
struct BoundFormula {
  int index;
  ParameterValues values;
};

inline const Declaration& declaration_of(int formula) {
  return *Activations::declarations[formula];
}

// Finds the formula that an op's arguments ask for and checks them: `op` is the op's first formula.
BoundFormula bind(int op);
BoundFormula bind(int op, const at::Scalar& first);
BoundFormula bind(int op, const at::Scalar& first, const at::Scalar& second);
BoundFormula bind(int op, std::string_view variant);

// Finds the formula that the op `op` is asked for by an activation's name, with `_` and the variant
// behind it where one other than the first is meant (gelu_tanh), and checks its parameters. Those
// that are left out have their defaults.
BoundFormula find_activation(const char* op, std::string_view activation,
                             at::ArrayRef<double> parameters);

// The name by which find_activation finds a formula.
std::string activation_name(const Declaration& declaration);

// Whether the output of this formula gives its gradient, for a tensor of this dtype.
bool output_determines_derivative(const BoundFormula& formula, at::ScalarType dtype);

constexpr int parameter_count(const Declaration& declaration) {
  int count = 0;
  for (const Parameter& parameter : declaration.parameters) count += parameter.name != nullptr;
  return count;
}

constexpr bool equal(const char* a, const char* b) { return std::string_view(a) == b; }

// One op. Several formulas can belong to it (the variants of gelu); `formula` is the first of them.
template <int formula, class Parameters, class Extra>
struct PointwiseOp;

template <int formula, class... P, class... E>
struct PointwiseOp<formula, TypeList<P...>, TypeList<E...>> {
  static constexpr const Declaration& declaration = *Activations::declarations[formula];
  // An op whose output can give the gradient has a backward with a further argument, is_result.
  static constexpr bool takes_is_result = sizeof...(E) == 1;

  using Value = at::Tensor(const at::Tensor& self, P...);
  using InPlace = at::Tensor&(at::Tensor& self, P...);
  using Out = at::Tensor&(const at::Tensor& self, P..., at::Tensor& out);
  using Backward = at::Tensor(const at::Tensor& grad_output, const at::Tensor& saved, P..., E...);
  using DoubleBackward = at::Tensor(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved, P...,
                                    E...);

  // Of ops with two slopes.
  using SlopeBits = at::Tensor(const at::Tensor& self, P..., int64_t batch_dims);
  using BackwardFromBits = at::Tensor(const at::Tensor& grad_output, const at::Tensor& bits, P...);

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
  static const auto& double_backward() {
    static const auto handle =
        find_op<DoubleBackward>(std::string(declaration.name) + "_double_backward");
    return handle;
  }
  static const auto& slope_bits() {
    static const auto handle = find_op<SlopeBits>(std::string(declaration.name) + "_slope_bits");
    return handle;
  }
  static const auto& backward_from_bits() {
    static const auto handle =
        find_op<BackwardFromBits>(std::string(declaration.name) + "_backward_from_bits");
    return handle;
  }
};

namespace detail {

template <const Declaration& declaration>
constexpr auto parameter_types() {
  if constexpr (declaration.variant_argument != nullptr) {
    return TypeList<std::string_view>{};
  } else if constexpr (parameter_count(declaration) == 2) {
    return TypeList<const at::Scalar&, const at::Scalar&>{};
  } else if constexpr (parameter_count(declaration) == 1) {
    return TypeList<const at::Scalar&>{};
  } else {
    return TypeList<>{};
  }
}

template <bool from_output>
constexpr auto extra_types() {
  if constexpr (from_output) {
    return TypeList<bool>{};
  } else {
    return TypeList<>{};
  }
}

constexpr bool is_first_of_its_op(int formula) {
  for (int other = 0; other < formula; ++other) {
    if (equal(Activations::declarations[other]->name, Activations::declarations[formula]->name)) {
      return false;
    }
  }
  return true;
}

template <int formula, template <class> class Formula, class Visitor>
void visit_op(Visitor& visitor) {
  if constexpr (is_first_of_its_op(formula)) {
    visitor.template
    operator()<PointwiseOp<formula, decltype(parameter_types<Formula<float>::declaration>()),
                           decltype(extra_types<DifferentiableFromOutput<Formula>>())>>();
  }
}

template <template <class> class... Formula, int... index, class Visitor>
void visit_ops(FormulaList<Formula...>, std::integer_sequence<int, index...>, Visitor& visitor) {
  (visit_op<index, Formula>(visitor), ...);
}

}  // namespace detail

// Calls visitor.operator()<Op>() for each op of the list.
template <class Visitor>
void for_each_op(Visitor visitor) {
  detail::visit_ops(Activations{}, std::make_integer_sequence<int, Activations::size>{}, visitor);
}

// Calls visitor.operator()<Op>() for each op whose derivative is one of two slopes.
template <class Visitor>
void for_each_op_with_two_slopes(Visitor visitor) {
  for_each_op([&]<class Op>() {
    if constexpr (Op::declaration.two_slopes) visitor.template operator()<Op>();
  });
}

// Registers one dispatch key's kernels of an op: Kernels has the functions below.
template <class Op, class Kernels>
void implement(torch::Library& m) {
  const std::string name = Op::declaration.name;
  m.impl(name.c_str(), &Kernels::value);
  m.impl((name + "_").c_str(), &Kernels::in_place);
  m.impl((name + ".out").c_str(), &Kernels::out);
  m.impl((name + "_backward").c_str(), &Kernels::backward);
  m.impl((name + "_double_backward").c_str(), &Kernels::double_backward);
}

template <class Op, class Kernels>
void implement_slope_bits(torch::Library& m) {
  const std::string name = Op::declaration.name;
  m.impl((name + "_slope_bits").c_str(), &Kernels::slope_bits);
  m.impl((name + "_backward_from_bits").c_str(), &Kernels::backward_from_bits);
}

}  // namespace act
