#include "bias_act.h"

using namespace act;

extern "C" {

int launch_bias_act_dense(const cuda::BiasActFormula* formula, Storage storage,
                          const cuda::DenseChannels* arguments) {
  return cuda::bias_act(*formula, storage, *arguments, nullptr);
}

int launch_bias_act(const cuda::BiasActFormula* formula, Storage storage,
                    const cuda::Operands* operands) {
  return cuda::bias_act(*formula, storage, *operands, nullptr);
}

std::int64_t count_bias_sums_dense(Storage storage, const cuda::DenseChannelBackward* arguments) {
  return cuda::channel_backward_sums(storage, *arguments);
}

std::int64_t count_bias_sums(Storage, const cuda::StridedChannelBackward* arguments) {
  return cuda::channel_backward_sums(*arguments);
}

int launch_bias_act_backward_dense(const cuda::BiasActFormula* formula, Storage storage,
                                   const cuda::DenseChannelBackward* arguments, double* sums) {
  return cuda::bias_act_backward(*formula, storage, *arguments, sums, nullptr);
}

int launch_bias_act_backward(const cuda::BiasActFormula* formula, Storage storage,
                             const cuda::StridedChannelBackward* arguments, double* sums) {
  return cuda::bias_act_backward(*formula, storage, *arguments, sums, nullptr);
}

}  // extern "C"
