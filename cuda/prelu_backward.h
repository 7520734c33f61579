// The launchers of prelu's backward: the input's gradient, and in the same pass sums of the
// weight's in every block, which a second, small kernel then adds. In an order that follows from
// the shape and the alignment alone: the result is the same every time.
#pragma once

#include <act/storage.h>

#include "channel_layout.h"
#include "operands.h"

namespace act::cuda {

struct PreluWeights {
  const char* weight;  // contiguous
  char* grad_weight;
  std::int64_t channels;
};

// Of `size` elements without gaps, in the same order in all three.
struct DensePreluBackward {
  char* grad_input;
  const char* grad_output;
  const char* x;
  PreluWeights weights;
  std::int64_t size;
  ChannelLayout layout;
};

// (grad_input, grad_output, x) of the first channel; the others follow so many bytes apart.
struct StridedPreluBackward {
  Operands first_channel;
  std::int64_t channel_strides[3];
  PreluWeights weights;
};

// How many sums the blocks leave: the memory that prelu_backward needs.
std::int64_t prelu_backward_sums(Storage, const DensePreluBackward&);
std::int64_t prelu_backward_sums(const StridedPreluBackward&);

cudaError_t prelu_backward(Storage, const DensePreluBackward&, double* sums, cudaStream_t);
cudaError_t prelu_backward(Storage, const StridedPreluBackward&, double* sums, cudaStream_t);

}  // namespace act::cuda
