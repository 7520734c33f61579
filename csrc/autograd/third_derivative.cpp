#include "third_derivative.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/clamp_max.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/sqrt.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

#include "activation.h"

namespace act::autograd {
namespace {

template <class F>
concept HasThirdDerivative = requires(const F& f, const at::Tensor& x) { f.third_derivative(x); };
template <class F>
concept HasThirdDerivativeFromOutput = requires(const F& f) { f.third_derivative_from_output(); };

template <class F>
at::Tensor times(const at::Tensor& product, const F& formula, const at::Tensor& saved,
                 bool from_output) {
  if constexpr (HasThirdDerivativeFromOutput<F>) {
    if (from_output) return product * formula.third_derivative_from_output();
  }
  if constexpr (HasThirdDerivative<F>) {
    if (!from_output) {
      return (widened(product) * formula.third_derivative(widened(saved))).to(saved.scalar_type());
    }
  }
  return at::zeros_like(saved);
}

template <template <class> class... Formula, int... index>
at::Tensor visit(FormulaList<Formula...>, std::integer_sequence<int, index...>,
                 const at::Tensor& product, const BoundFormula& bound, const at::Tensor& saved,
                 bool from_output) {
  at::Tensor result;
  (void)((bound.index == index &&
          (result = times(product, Formula<double>(bound.values), saved, from_output), true)) ||
         ...);
  return result;
}

}  // namespace

at::Tensor times_third_derivative(const at::Tensor& product, const BoundFormula& formula,
                                  const at::Tensor& saved, bool from_output) {
  return visit(Activations{}, std::make_integer_sequence<int, Activations::size>{}, product,
               formula, saved, from_output);
}

}  // namespace act::autograd
