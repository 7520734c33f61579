#include "bias_act.h"

namespace act::cuda {
namespace {

cudaError_t launch(Storage storage, const BiasActCall& call) {
  return dispatch_storage(storage, [&]<class Stored>() { return bias_act_as<Stored>(call); });
}

}  // namespace

cudaError_t bias_act(const BiasActFormula& formula, Storage storage, const DenseChannels& dense,
                     cudaStream_t stream) {
  return launch(storage, {.formula = formula, .stream = stream, .dense = &dense});
}

cudaError_t bias_act(const BiasActFormula& formula, Storage storage, const Operands& operands,
                     cudaStream_t stream) {
  return launch(storage, {.formula = formula, .stream = stream, .operands = &operands});
}

cudaError_t bias_act_backward(const BiasActFormula& formula, Storage storage,
                              const DenseChannelBackward& b, double* sums, cudaStream_t stream) {
  return launch(storage,
                {.formula = formula, .stream = stream, .dense_backward = &b, .sums = sums});
}

cudaError_t bias_act_backward(const BiasActFormula& formula, Storage storage,
                              const StridedChannelBackward& b, double* sums, cudaStream_t stream) {
  return launch(storage,
                {.formula = formula, .stream = stream, .strided_backward = &b, .sums = sums});
}

}  // namespace act::cuda
