#include "masked_softmax.h"
#include "softmax_backward.cuh"

namespace act::cuda {

cudaError_t masked_softmax_backward(const Rows& rows, Normalization normalization,
                                    const Logits& logits, cudaStream_t stream) {
  return launch_softmax_backward<PresentElements>(rows, normalization,
                                                  gradient_factor<double>(logits), stream);
}

}  // namespace act::cuda
