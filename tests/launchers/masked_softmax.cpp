// The masked softmax launchers by names that ctypes finds.
#include <masked_softmax.h>

extern "C" {

int masked_softmax(const act::Rows* rows, int logarithm, const act::Logits* logits,
                   cudaStream_t stream) {
  return act::cuda::masked_softmax(*rows, act::Normalization(logarithm), *logits, stream);
}

int masked_softmax_backward(const act::Rows* rows, int logarithm, const act::Logits* logits,
                            cudaStream_t stream) {
  return act::cuda::masked_softmax_backward(*rows, act::Normalization(logarithm), *logits, stream);
}

}  // extern "C"
