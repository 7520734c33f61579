// The list: every pointwise activation, once. Schemas, kernels, autograd, bindings and tests follow
// it.
#pragma once

#include <act/declaration.h>
#include <act/formulas/celu.h>
#include <act/formulas/elu.h>
#include <act/formulas/gelu.h>
#include <act/formulas/gelu_tanh.h>
#include <act/formulas/hard_mish.h>
#include <act/formulas/hardshrink.h>
#include <act/formulas/hardsigmoid.h>
#include <act/formulas/hardswish.h>
#include <act/formulas/hardtanh.h>
#include <act/formulas/laplace.h>
#include <act/formulas/leaky_relu.h>
#include <act/formulas/logsigmoid.h>
#include <act/formulas/mish.h>
#include <act/formulas/quick_gelu.h>
#include <act/formulas/relu.h>
#include <act/formulas/relu6.h>
#include <act/formulas/relu_squared.h>
#include <act/formulas/selu.h>
#include <act/formulas/sigmoid.h>
#include <act/formulas/silu.h>
#include <act/formulas/softplus.h>
#include <act/formulas/softshrink.h>
#include <act/formulas/softsign.h>
#include <act/formulas/squareplus.h>
#include <act/formulas/tanh.h>
#include <act/formulas/tanhshrink.h>
#include <act/formulas/threshold.h>

#include <type_traits>

namespace act {

template <template <class> class... Formula>
struct FormulaList {
  static constexpr int size = sizeof...(Formula);
  static constexpr const Declaration* declarations[] = {&Formula<float>::declaration...};

  template <template <class> class Sought>
  static constexpr int index_of() {
    int index = 0;
    (void)((std::is_same_v<Formula<float>, Sought<float>> || (++index, false)) || ...);
    return index;
  }
};

using Activations =
    FormulaList<formulas::Relu, formulas::Relu6, formulas::LeakyRelu, formulas::Sigmoid,
                formulas::Tanh, formulas::Elu, formulas::Celu, formulas::Selu, formulas::Gelu,
                formulas::GeluTanh, formulas::Silu, formulas::Softplus, formulas::Softsign,
                formulas::Hardtanh, formulas::Logsigmoid, formulas::Mish, formulas::Hardswish,
                formulas::Hardsigmoid, formulas::Hardshrink, formulas::Softshrink,
                formulas::Tanhshrink, formulas::Threshold, formulas::ReluSquared,
                formulas::QuickGelu, formulas::HardMish, formulas::Squareplus, formulas::Laplace>;

// Whether the formula can take its derivative from its own output (needed when it ran in place).
template <template <class> class Formula>
concept DifferentiableFromOutput = requires(Formula<float> f, float y) {
  f.derivative_from_output(y);
  f.second_derivative_from_output(y);
};

}  // namespace act
