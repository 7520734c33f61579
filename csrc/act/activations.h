// The list: every pointwise activation, once. Schemas, kernels, autograd, bindings and tests follow it.
#pragma once

#include <act/declaration.h>
#include <act/formulas/hardshrink.h>
#include <act/formulas/hardsigmoid.h>
#include <act/formulas/hardswish.h>
#include <act/formulas/hardtanh.h>
#include <act/formulas/leaky_relu.h>
#include <act/formulas/relu.h>
#include <act/formulas/relu6.h>
#include <act/formulas/softshrink.h>
#include <act/formulas/softsign.h>
#include <act/formulas/threshold.h>

namespace act {

template <template <class> class... Formula>
struct FormulaList {
  static constexpr int size = sizeof...(Formula);
  static constexpr const Declaration* declarations[] = {&Formula<float>::declaration...};

  // Calls visitor.operator()<Formula>() for each formula in order.
  template <class Visitor>
  static constexpr void for_each(Visitor visitor) {
    (visitor.template operator()<Formula>(), ...);
  }
};

using Activations = FormulaList<formulas::Relu, formulas::Relu6, formulas::LeakyRelu, formulas::Hardtanh, formulas::Hardswish, formulas::Hardsigmoid, formulas::Hardshrink, formulas::Softshrink, formulas::Threshold, formulas::Softsign>;

// Whether the formula can take its derivative from its own output (needed when it ran in place).
template <template <class> class Formula>
concept DifferentiableFromOutput = requires(Formula<float> f, float y) {
  f.derivative_from_output(y);
  f.second_derivative_from_output(y);
};

}  // namespace act
