// The list of the activations whose parameters are tensors, which are learned. Schemas, kernels,
// autograd, batching and bindings follow it.
#pragma once

#include <act/activations.h>
#include <act/formulas/snake.h>
#include <act/formulas/star_relu.h>
#include <act/formulas/xielu.h>

namespace act {

// Besides what every formula declares, each names its `tensors`, one or two: a parameter has one
// value, or one for each channel (dimension 1).
using ParametricActivations = FormulaList<formulas::StarRelu, formulas::Xielu, formulas::Snake>;

template <template <class> class Formula>
inline constexpr int tensor_count =
    static_cast<int>(sizeof(Formula<float>::tensors) / sizeof(const char*));

}  // namespace act
