// The gated kernels of every activation, from its formula.
#pragma once

#include <act/activations.h>
#include <act/gradient.h>

#include "gated.cuh"
#include "gated.h"

namespace act::cuda {

template <class Stored_, template <class> class Formula>
struct GatedValue {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 1, inputs = 2;

  __device__ void operator()(T (&out)[1], const T (&in)[2]) const {
    out[0] = in[1] * formula.value(in[0]);
  }

  Formula<T> formula;
};

template <class Stored_, template <class> class Formula>
struct GatedBackward {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 2, inputs = 3;

  __device__ void operator()(T (&out)[2], const T (&in)[3]) const {
    out[0] = scale_gradient<T, Formula>(in[0] * in[2], formula.derivative(in[1]));
    out[1] = in[0] * formula.value(in[1]);
  }

  Formula<T> formula;
};

// Everything about one launch but the types.
struct GatedCall {
  Pointwise order;
  const Operands& operands;
  const ParameterValues& parameters;
  cudaStream_t stream;
};

// The formula's constants are computed here, on the host, once.
template <class Stored, template <class> class Formula>
cudaError_t launch_formula(const GatedCall& call) {
  const Formula<opmath_t<Stored>> formula(call.parameters);
  if (call.order == Pointwise::value) {
    return launch_gated(GatedValue<Stored, Formula>{formula}, call.operands, call.stream);
  }
  return launch_gated(GatedBackward<Stored, Formula>{formula}, call.operands, call.stream);
}

template <class Stored, template <class> class Formula>
  requires std::is_same_v<Formula<float>, formulas::Sigmoid<float>>
cudaError_t launch_formula(const GatedCall&) {
  return cudaErrorInvalidValue;  // glu's kernels are its own
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_in_list(int formula, const GatedCall& call, FormulaList<Formula...>) {
  cudaError_t error = cudaErrorInvalidValue;
  int index = 0;
  (void)((index++ == formula && (error = launch_formula<Stored, Formula>(call), true)) || ...);
  return error;
}

template <class Stored>
cudaError_t gated_as(int formula, Pointwise order, const Operands& operands,
                     const ParameterValues& parameters, cudaStream_t stream) {
  return launch_in_list<Stored>(formula, {order, operands, parameters, stream}, Activations{});
}

}  // namespace act::cuda
