#include <act/formulas/prelu.h>

#include "channel_backward.cuh"
#include "prelu_backward.h"

namespace act::cuda {
namespace {

// The weight's gradient in double, in which products of floats are exact.
template <class Stored_>
struct PreluGradient {
  using Stored = Stored_;
  using T = opmath_t<Stored>;

  __device__ double operator()(Stored grad_output, Stored x, T weight, Stored& grad_input) const {
    const T g = to_opmath(grad_output), in = to_opmath(x);
    grad_input = from_opmath<Stored>(g * formulas::Prelu<T>::derivative_input(in, weight));
    return double(g) * formulas::Prelu<double>::derivative_weight(double(in));
  }
};

template <class Backward>
cudaError_t launch(Storage storage, const Backward& b, double* sums, cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return launch_channel_backward(PreluGradient<Stored>{}, b, sums, stream);
  });
}

}  // namespace

std::int64_t channel_backward_sums(Storage storage, const DenseChannelBackward& b) {
  return dispatch_storage(storage, [&]<class Stored>() -> std::int64_t {
    if (has_rows(b)) return Rows(b).sums();
    return Columns(b, has_vectors<Stored>(b) ? lanes<Stored> : 1).sums();
  });
}

std::int64_t channel_backward_sums(const StridedChannelBackward& b) {
  return StridedLaunches(b).sums_of_channel() * b.values.channels;
}

cudaError_t prelu_backward(Storage storage, const DenseChannelBackward& b, double* sums,
                           cudaStream_t stream) {
  return launch(storage, b, sums, stream);
}

cudaError_t prelu_backward(Storage storage, const StridedChannelBackward& b, double* sums,
                           cudaStream_t stream) {
  return launch(storage, b, sums, stream);
}

}  // namespace act::cuda
