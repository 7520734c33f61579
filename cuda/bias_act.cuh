// The kernels of bias and activation, from each activation's formula.
#pragma once

#include <act/activations.h>
#include <act/gradient.h>

#include "bias_act.h"
#include "channel_backward.cuh"
#include "channel_elementwise.cuh"

namespace act::cuda {

template <class Stored_, template <class> class Formula>
struct BiasedValue {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int inputs = 2;

  __device__ T operator()(const T (&x)[2]) const { return formula.value(x[0] + x[1]); }

  Formula<T> formula;
};

// The sum takes the gradient as it is computed, not as a half type rounds it.
template <class Stored_, template <class> class Formula, Saved saved>
struct BiasedGradient {
  using Stored = Stored_;
  using T = opmath_t<Stored>;

  __device__ double operator()(Stored grad_output, Stored x, T bias, Stored& grad_input) const {
    const T in = saved == Saved::input ? to_opmath(x) + bias : to_opmath(x);
    const T gradient = scale_gradient<T, Formula>(to_opmath(grad_output),
                                                  derivative<T, Formula, saved>(formula, in));
    grad_input = from_opmath<Stored>(gradient);
    return double(gradient);
  }

  Formula<T> formula;
};

template <class Stored, template <class> class Formula, Saved saved>
cudaError_t launch_biased(const BiasActCall& call) {
  const Formula<opmath_t<Stored>> formula(call.formula.values);
  const BiasedGradient<Stored, Formula, saved> gradient{formula};
  if (call.dense_backward != nullptr) {
    return launch_channel_backward(gradient, *call.dense_backward, call.sums, call.stream);
  }
  return launch_channel_backward(gradient, *call.strided_backward, call.sums, call.stream);
}

// The formula's constants are computed here, on the host, once.
template <class Stored, template <class> class Formula>
bool launch_biased_value(const BiasActCall& call, cudaError_t& error) {
  const BiasedValue<Stored, Formula> value{Formula<opmath_t<Stored>>(call.formula.values)};
  if (call.dense != nullptr) error = launch_dense_channels(value, *call.dense, call.stream);
  if (call.operands != nullptr) error = launch_strided_channels(value, *call.operands, call.stream);
  return call.dense != nullptr || call.operands != nullptr;
}

template <class Stored, template <class> class Formula>
cudaError_t launch_bias_act(const BiasActCall& call) {
  cudaError_t error = cudaSuccess;
  if (launch_biased_value<Stored, Formula>(call, error)) return error;
  return launch_biased<Stored, Formula, Saved::input>(call);
}

template <class Stored, template <class> class Formula>
  requires DifferentiableFromOutput<Formula>  // nvcc 13.0 fails at it in an `if constexpr`
cudaError_t launch_bias_act(const BiasActCall& call) {
  cudaError_t error = cudaSuccess;
  if (launch_biased_value<Stored, Formula>(call, error)) return error;
  if (call.formula.saved == Saved::output) {
    return launch_biased<Stored, Formula, Saved::output>(call);
  }
  return launch_biased<Stored, Formula, Saved::input>(call);
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_in_list(const BiasActCall& call, FormulaList<Formula...>) {
  cudaError_t error = cudaErrorInvalidValue;
  int index = 0;
  (void)((index++ == call.formula.index &&
          (error = launch_bias_act<Stored, Formula>(call), true)) ||
         ...);
  return error;
}

template <class Stored>
cudaError_t bias_act_as(const BiasActCall& call) {
  return launch_in_list<Stored>(call, Activations{});
}

}  // namespace act::cuda
