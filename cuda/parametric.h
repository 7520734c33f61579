// The launchers of the activations whose parameters are tensors. `formula` counts in
// act::ParametricActivations.
#pragma once

#include <act/declaration.h>
#include <act/storage.h>

#include "operands.h"

namespace act::cuda {

// No activation has more parameters that are tensors.
inline constexpr int most_tensors = 2;

// A parameter and its gradient, contiguous: one value, or one for each channel.
struct LearnedParameter {
  const char* values;
  char* gradient;
  bool per_channel;
};

// (grad_input, grad_output, x) of the first channel; the others follow so many bytes apart.
struct ParametricBackward {
  Operands first_channel;
  std::int64_t channel_strides[3];
  std::int64_t channels;
  LearnedParameter parameters[most_tensors];
};

// How many sums the blocks leave: the memory that parametric_backward needs.
std::int64_t parametric_backward_sums(const ParametricBackward&);

// (out, x, parameters), with stride 0 along dimensions that share one.
cudaError_t parametric(int formula, Storage, const Operands&, const ParameterValues&, cudaStream_t);

cudaError_t parametric_backward(int formula, Storage, const ParametricBackward&,
                                const ParameterValues&, double* sums, cudaStream_t);

}  // namespace act::cuda
