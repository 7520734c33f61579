#include "prelu_backward.h"

using namespace act;

extern "C" std::int64_t count_dense_sums(Storage storage,
                                         const cuda::DenseChannelBackward* arguments) {
  return cuda::channel_backward_sums(storage, *arguments);
}

extern "C" std::int64_t count_sums(Storage, const cuda::StridedChannelBackward* arguments) {
  return cuda::channel_backward_sums(*arguments);
}

extern "C" int launch_prelu_backward_dense(Storage storage,
                                           const cuda::DenseChannelBackward* arguments,
                                           double* sums) {
  return cuda::prelu_backward(storage, *arguments, sums, nullptr);
}

extern "C" int launch_prelu_backward(Storage storage, const cuda::StridedChannelBackward* arguments,
                                     double* sums) {
  return cuda::prelu_backward(storage, *arguments, sums, nullptr);
}
