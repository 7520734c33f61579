#include "softmax_backward.cuh"

namespace act::cuda {

cudaError_t softmax_backward(const Rows& rows, Normalization normalization, bool negate,
                             cudaStream_t stream) {
  return launch_softmax_backward<EveryElement>(rows, normalization, negate ? -1.0 : 1.0, stream);
}

}  // namespace act::cuda
