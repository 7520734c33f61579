// The launchers of prelu's forward. The weights lie contiguous.
#pragma once

#include <act/storage.h>

#include "channel_layout.h"
#include "operands.h"

namespace act::cuda {

inline constexpr std::int64_t most_channels = std::int64_t{1} << 30;

// Of `size` elements without gaps, in the same order in x and out, and fewer than most_channels.
struct DensePrelu {
  char* out;
  const char* x;
  const char* weight;
  std::int64_t size;
  ChannelLayout layout;
};
cudaError_t prelu(Storage, const DensePrelu&, cudaStream_t);

// (out, x, weight), the weight's stride 0 along dimensions that share one.
cudaError_t prelu(Storage, const Operands&, cudaStream_t);

}  // namespace act::cuda
