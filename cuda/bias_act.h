// The launchers of bias and activation. `formula` counts in act::Activations.
#pragma once

#include <act/gradient.h>

#include "channel_backward.h"
#include "channel_elementwise.h"

namespace act::cuda {

struct BiasActFormula {
  int index;
  ParameterValues values;
  Saved saved;  // what the backward reads
};

cudaError_t bias_act(const BiasActFormula&, Storage, const DenseChannels&, cudaStream_t);

// (out, x, bias), the bias's stride 0 along dimensions that share one.
cudaError_t bias_act(const BiasActFormula&, Storage, const Operands&, cudaStream_t);

cudaError_t bias_act_backward(const BiasActFormula&, Storage, const DenseChannelBackward&,
                              double* sums, cudaStream_t);
cudaError_t bias_act_backward(const BiasActFormula&, Storage, const StridedChannelBackward&,
                              double* sums, cudaStream_t);

// Of one dtype: bias_act_<dtype>.cu instantiates them, and they compile side by side.
struct BiasActCall {
  const BiasActFormula& formula;
  cudaStream_t stream;
  // One of these four.
  const DenseChannels* dense = nullptr;
  const Operands* operands = nullptr;
  const DenseChannelBackward* dense_backward = nullptr;
  const StridedChannelBackward* strided_backward = nullptr;
  double* sums = nullptr;
};
template <class Stored>
cudaError_t bias_act_as(const BiasActCall&);

}  // namespace act::cuda
