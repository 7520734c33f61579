#include "prelu_backward.h"

using namespace act;

extern "C" std::int64_t count_dense_sums(Storage storage,
                                         const cuda::DensePreluBackward* arguments) {
  return cuda::prelu_backward_sums(storage, *arguments);
}

extern "C" std::int64_t count_sums(Storage, const cuda::StridedPreluBackward* arguments) {
  return cuda::prelu_backward_sums(*arguments);
}

extern "C" int launch_prelu_backward_dense(Storage storage,
                                           const cuda::DensePreluBackward* arguments,
                                           double* sums) {
  return cuda::prelu_backward(storage, *arguments, sums, nullptr);
}

extern "C" int launch_prelu_backward(Storage storage, const cuda::StridedPreluBackward* arguments,
                                     double* sums) {
  return cuda::prelu_backward(storage, *arguments, sums, nullptr);
}
