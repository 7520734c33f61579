// The derivatives of a formula in its input and in its learned parameters, made of torch's
// differentiable ops: all higher orders follow from them.
#pragma once

#include <ATen/ExpandUtils.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/isinf.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <array>

#include "../parametric_ops.h"
#include "node.h"

namespace act::autograd {

// One call of an op at x: the derivatives there, and products with them. All is computed in
// float64, where products of float32, the argument of a sine among them, are exact and do not
// overflow. The input is the first of the arguments.
template <class Op>
class ParametricPoint {
 public:
  static constexpr int arguments = 1 + static_cast<int>(Op::tensors);
  // One for each argument; undefined is 0.
  using PerArgument = std::array<at::Tensor, arguments>;

  ParametricPoint(const at::Tensor& self, const typename Op::Parameters& parameters,
                  const ParameterValues& scalars)
      : self_(self), parameters_(parameters), formula_(scalars), x_(widened(self)) {
    for (std::size_t k = 0; k < Op::tensors; ++k) {
      laid_out_[k] = widened(along_channels(parameters[k], self));
    }
  }

  // Something of argument k's shape, as a factor of what has the input's.
  at::Tensor spread(const at::Tensor& of_argument, int k) const {
    return widened(k == 0 ? of_argument : along_channels(of_argument, self_));
  }
  // Back to argument k's shape and dtype, a sum over all that shares a parameter.
  at::Tensor gathered(const at::Tensor& full, int k) const {
    const at::Tensor summed = k == 0 ? full : sum_to_parameter(full, parameters_[k - 1]);
    return summed.to(self_.scalar_type());
  }

  // Σ direction_k · ∂f/∂argument_k.
  at::Tensor directional(const PerArgument& direction) const {
    const auto gradient = at_point([&](const auto&... p) { return formula_.gradient(x_, p...); });
    at::Tensor sum;
    for (int k = 0; k < arguments; ++k) sum = add_product(sum, direction[k], gradient.of[k]);
    return sum;
  }
  // The derivatives of that in each argument.
  PerArgument directional_derivatives(const PerArgument& direction) const {
    const auto hessian = at_point([&](const auto&... p) { return formula_.hessian(x_, p...); });
    PerArgument result;
    for (int j = 0; j < arguments; ++j) {
      for (int k = 0; k < arguments; ++k) {
        result[j] = add_product(result[j], direction[k], hessian.of[j][k]);
      }
    }
    return result;
  }
  // ∂f/∂argument_k.
  at::Tensor derivative(int k) const {
    return at_point([&](const auto&... p) { return formula_.gradient(x_, p...); }).of[k];
  }

  static at::Tensor add_product(const at::Tensor& sum, const at::Tensor& a, const at::Tensor& b) {
    return a.defined() && b.defined() ? add_defined(sum, a * b) : sum;
  }

 private:
  static at::Tensor widened(const at::Tensor& tensor) { return tensor.to(at::kDouble); }

  template <class Call>
  auto at_point(Call call) const {
    return std::apply(call, laid_out_);
  }

  at::Tensor self_;
  typename Op::Parameters parameters_;
  typename Op::template Formula<double> formula_;
  at::Tensor x_;
  typename Op::Parameters laid_out_;
};

}  // namespace act::autograd
