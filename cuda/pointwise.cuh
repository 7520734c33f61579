// The kernels of every activation, from its formula.
#pragma once

#include <act/activations.h>

#include "elementwise.cuh"
#include "pointwise.h"

namespace act::cuda {

// The formula in double, for results of half types that float32 leaves undecided.
template <class Stored, template <class> class Formula, Pointwise order>
inline constexpr bool is_rounded_exactly = sizeof(Stored) == 2 && rounds_twice<Formula>(order);

struct NotComputed {
  explicit NotComputed(ParameterValues) {}
};

template <class Stored, template <class> class Formula, Pointwise order>
using Exact =
    std::conditional_t<is_rounded_exactly<Stored, Formula, order>, Formula<double>, NotComputed>;

template <class Stored_, template <class> class Formula>
struct Value {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr Pointwise order = Pointwise::value;
  static constexpr bool rounds_exactly = is_rounded_exactly<Stored, Formula, order>;
  static constexpr int inputs = 1;
  // Where there is little to compute, two reads from each of the 2048 threads of a multiprocessor
  // keep the memory busier than one. The longer formulas need the registers, and with one read 32
  // KiB are under way, which is still above the product of bandwidth and latency.
  static constexpr int vectors = Formula<T>::declaration.limited_by_memory ? 2 : 1;

  __device__ T operator()(const T (&x)[1]) const { return formula.value(x[0]); }
  __device__ double exactly(const double (&x)[1]) const { return exact.value(x[0]); }

  Formula<T> formula;
  Exact<Stored, Formula, order> exact;
};

template <class Stored_, template <class> class Formula, Saved saved>
struct Backward {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr Pointwise order = Pointwise::backward;
  static constexpr bool rounds_exactly = is_rounded_exactly<Stored, Formula, order>;
  static constexpr int inputs = 2, vectors = 1;

  __device__ T operator()(const T (&x)[2]) const { return gradient(formula, x); }
  __device__ double exactly(const double (&x)[2]) const { return gradient(exact, x); }

  template <class U>
  __device__ static U gradient(const Formula<U>& formula, const U (&x)[2]) {
    return scale_gradient<U, Formula>(x[0], derivative<U, Formula, saved>(formula, x[1]));
  }

  Formula<T> formula;
  Exact<Stored, Formula, order> exact;
};

template <class Stored_, template <class> class Formula, Saved saved>
struct DoubleBackward {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr Pointwise order = Pointwise::double_backward;
  static constexpr bool rounds_exactly = is_rounded_exactly<Stored, Formula, order>;
  static constexpr int inputs = 3, vectors = 1;

  __device__ T operator()(const T (&x)[3]) const { return gradient(formula, x); }
  __device__ double exactly(const double (&x)[3]) const { return gradient(exact, x); }

  template <class U>
  __device__ static U gradient(const Formula<U>& formula, const U (&x)[3]) {
    return scale_gradient<U, Formula>(x[0] * x[1],
                                      second_derivative<U, Formula, saved>(formula, x[2]));
  }

  Formula<T> formula;
  Exact<Stored, Formula, order> exact;
};

// Everything about one launch but the types.
struct PointwiseCall {
  Pointwise order;
  Saved saved;
  const Operands& operands;
  const ParameterValues& parameters;
  cudaStream_t stream;
};

// The formula's constants are computed here, on the host, once.
template <class Compute>
cudaError_t launch_pointwise(const PointwiseCall& call) {
  using Formula = decltype(Compute::formula);
  using Exact = decltype(Compute::exact);
  const Compute compute{Formula(call.parameters), Exact(rounded_to_float(call.parameters))};
  return launch_elementwise(compute, call.operands, call.stream);
}

template <class Stored, template <class> class Formula, Saved saved>
cudaError_t launch_from(const PointwiseCall& call) {
  switch (call.order) {
    case Pointwise::value:
      return launch_pointwise<Value<Stored, Formula>>(call);
    case Pointwise::backward:
      return launch_pointwise<Backward<Stored, Formula, saved>>(call);
    case Pointwise::double_backward:
      break;
  }
  return launch_pointwise<DoubleBackward<Stored, Formula, saved>>(call);
}

template <class Stored, template <class> class Formula>
cudaError_t launch_formula(const PointwiseCall& call) {
  return launch_from<Stored, Formula, Saved::input>(call);
}

template <class Stored, template <class> class Formula>
  requires DifferentiableFromOutput<Formula>  // nvcc 13.0 fails at it in an `if constexpr`
cudaError_t launch_formula(const PointwiseCall& call) {
  if (call.saved == Saved::output) return launch_from<Stored, Formula, Saved::output>(call);
  return launch_from<Stored, Formula, Saved::input>(call);
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_in_list(int formula, const PointwiseCall& call, FormulaList<Formula...>) {
  cudaError_t error = cudaErrorInvalidValue;
  int index = 0;
  (void)((index++ == formula && (error = launch_formula<Stored, Formula>(call), true)) || ...);
  return error;
}

template <class Stored>
cudaError_t pointwise_as(int formula, Pointwise order, Saved saved, const Operands& operands,
                         const ParameterValues& parameters, cudaStream_t stream) {
  return launch_in_list<Stored>(formula, {order, saved, operands, parameters, stream},
                                Activations{});
}

}  // namespace act::cuda
