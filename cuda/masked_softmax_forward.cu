#include "masked_softmax.h"
#include "softmax_forward.cuh"

namespace act::cuda {

cudaError_t masked_softmax(const Rows& rows, Normalization normalization, const Logits& logits,
                           cudaStream_t stream) {
  return launch_softmax<MaskedLogits>(rows, normalization, logits, stream);
}

}  // namespace act::cuda
