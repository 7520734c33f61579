#include <act/formulas/prelu.h>

#include "channel_elementwise.cuh"
#include "prelu.h"

namespace act::cuda {
namespace {

template <class Stored_>
struct Value {
  using Stored = Stored_;
  static constexpr int inputs = 2;

  __device__ opmath_t<Stored> operator()(const opmath_t<Stored> (&x)[2]) const {
    return formulas::Prelu<opmath_t<Stored>>::value(x[0], x[1]);
  }
};

}  // namespace

cudaError_t prelu(Storage storage, const DenseChannels& all, cudaStream_t stream) {
  return dispatch_storage(
      storage, [&]<class Stored>() { return launch_dense_channels(Value<Stored>{}, all, stream); });
}

cudaError_t prelu(Storage storage, const Operands& operands, cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return launch_strided_channels(Value<Stored>{}, operands, stream);
  });
}

}  // namespace act::cuda
