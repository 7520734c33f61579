// How kernels that take one element, vector or byte for each thread are cut into blocks.
#pragma once

#include <cstdint>

namespace act::cuda {

// Few, so that a tensor of some ten thousand elements already occupies every multiprocessor.
inline constexpr std::uint32_t threads_per_block = 128;
inline constexpr std::int64_t most_blocks = INT32_MAX;  // of a grid

inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace act::cuda
