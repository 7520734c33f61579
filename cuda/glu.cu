// The gate of glu, a sigmoid, has a formula of its own: the division gives the product at once.
#include <act/formulas/glu.h>

#include "gated.cuh"
#include "gated.h"

namespace act::cuda {
namespace {

template <class Stored_>
struct Value {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 1, inputs = 2;

  __device__ void operator()(T (&out)[1], const T (&in)[2]) const {
    out[0] = formulas::Glu<T>::value(in[1], in[0]);
  }
};

template <class Stored_>
struct Backward {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 2, inputs = 3;

  __device__ void operator()(T (&out)[2], const T (&in)[3]) const {
    const auto gradient = formulas::Glu<T>::gradient(in[2], in[1]);
    out[0] = in[0] * gradient.by_b;
    out[1] = in[0] * gradient.by_a;
  }
};

}  // namespace

cudaError_t glu(Storage storage, const Operands& o, cudaStream_t stream) {
  return dispatch_storage(storage,
                          [&]<class Stored>() { return launch_gated(Value<Stored>{}, o, stream); });
}

cudaError_t glu_backward(Storage storage, const Operands& o, cudaStream_t stream) {
  return dispatch_storage(
      storage, [&]<class Stored>() { return launch_gated(Backward<Stored>{}, o, stream); });
}

}  // namespace act::cuda
