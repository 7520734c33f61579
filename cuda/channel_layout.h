// Where the channels of a tensor lie that has no gaps, whatever the order of its dimensions: in
// memory, `inner` elements of one channel follow one another, then come those of the next one, and
// after the last channel the first one again.
#pragma once

#include <cstdint>

namespace act::cuda {

struct ChannelLayout {
  std::int64_t channels;
  std::int64_t inner;
};

}  // namespace act::cuda
