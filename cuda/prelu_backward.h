// The launchers of prelu's backward.
#pragma once

#include "channel_backward.h"

namespace act::cuda {

cudaError_t prelu_backward(Storage, const DenseChannelBackward&, double* sums, cudaStream_t);
cudaError_t prelu_backward(Storage, const StridedChannelBackward&, double* sums, cudaStream_t);

}  // namespace act::cuda
