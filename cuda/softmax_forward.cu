#include "softmax_forward.cuh"

namespace act::cuda {

cudaError_t softmax(const Rows& rows, Normalization normalization, bool negate,
                    cudaStream_t stream) {
  return launch_softmax<PlainLogits>(rows, normalization, negate, stream);
}

}  // namespace act::cuda
