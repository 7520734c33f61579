// The softmax launchers by names that ctypes finds, and the plan of a launch.
#include <row_plan.h>
#include <softmax.h>

extern "C" {

int softmax(const act::Rows* rows, int logarithm, int negate, cudaStream_t stream) {
  return act::cuda::softmax(*rows, act::Normalization(logarithm), negate != 0, stream);
}

int softmax_backward(const act::Rows* rows, int logarithm, int negate, cudaStream_t stream) {
  return act::cuda::softmax_backward(*rows, act::Normalization(logarithm), negate != 0, stream);
}

}  // extern "C"
