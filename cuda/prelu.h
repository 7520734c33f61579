// The launchers of prelu's forward.
#pragma once

#include "channel_elementwise.h"

namespace act::cuda {

cudaError_t prelu(Storage, const DenseChannels&, cudaStream_t);

// (out, x, weight), the weight's stride 0 along dimensions that share one.
cudaError_t prelu(Storage, const Operands&, cudaStream_t);

}  // namespace act::cuda
