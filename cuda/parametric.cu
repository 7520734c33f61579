#include <act/parametric_activations.h>

#include "elementwise.cuh"
#include "parametric.h"

namespace act::cuda {
namespace {

template <class Stored_, template <class> class Formula>
struct Value {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int inputs = 1 + tensor_count<Formula>;

  __device__ T operator()(const T (&x)[inputs]) const {
    const Formula<T> formula(scalars);
    if constexpr (inputs == 2) {
      return formula.value(x[0], x[1]);
    } else {
      return formula.value(x[0], x[1], x[2]);
    }
  }

  ParameterValues scalars;
};

template <class Stored, template <class> class Formula>
cudaError_t launch(const Operands& operands, const ParameterValues& scalars, cudaStream_t stream) {
  if (operands.size() == 0) return cudaSuccess;
  return launch_in_32_bits(operands, [&](const Operands& part) {
    return launch_strided(Value<Stored, Formula>{scalars}, part, stream);
  });
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_one(FormulaList<Formula...>, int formula, const Operands& operands,
                       const ParameterValues& scalars, cudaStream_t stream) {
  constexpr decltype(&launch<Stored, formulas::Snake>) table[] = {launch<Stored, Formula>...};
  return table[formula](operands, scalars, stream);
}

}  // namespace

cudaError_t parametric(int formula, Storage storage, const Operands& operands,
                       const ParameterValues& scalars, cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return launch_one<Stored>(ParametricActivations{}, formula, operands, scalars, stream);
  });
}

}  // namespace act::cuda
