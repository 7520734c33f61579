// Backwards that give, besides the input's gradient, a sum over each channel: in the same pass
// every block leaves sums, which a second, small kernel then adds. In an order that follows from
// the shape and the alignment alone: the result is the same every time.
#pragma once

#include <act/storage.h>

#include "channel_layout.h"
#include "operands.h"

namespace act::cuda {

// What each channel has one of (prelu's weight, a bias), and its gradient.
struct ChannelValues {
  const char* value;  // contiguous
  char* gradient;
  std::int64_t channels;
};

// Of `size` elements without gaps, in the same order in all three.
struct DenseChannelBackward {
  char* grad_input;
  const char* grad_output;
  const char* x;
  ChannelValues values;
  std::int64_t size;
  ChannelLayout layout;
};

// (grad_input, grad_output, x) of the first channel; the others follow so many bytes apart.
struct StridedChannelBackward {
  Operands first_channel;
  std::int64_t channel_strides[3];
  ChannelValues values;
};

// How many sums the blocks leave: the memory that a launch needs.
std::int64_t channel_backward_sums(Storage, const DenseChannelBackward&);
std::int64_t channel_backward_sums(const StridedChannelBackward&);

}  // namespace act::cuda
