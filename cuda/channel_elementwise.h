// What the launchers of a computation from an element and its channel's value are given.
#pragma once

#include <act/storage.h>

#include "channel_layout.h"
#include "operands.h"

namespace act::cuda {

inline constexpr std::int64_t most_channels = std::int64_t{1} << 30;

// Of `size` elements without gaps, in the same order in x and out, and fewer than most_channels;
// the values lie contiguous.
struct DenseChannels {
  char* out;
  const char* x;
  const char* value;
  std::int64_t size;
  ChannelLayout layout;
};

}  // namespace act::cuda
