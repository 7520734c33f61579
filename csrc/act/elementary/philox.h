// Philox4x32-10, a counter-based random number generator: 128 random bits are a pure function of a
// counter and a key, so that any element's slope can be had again, on any device, without storing
// it. Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011, which gives
// the multipliers, the key's increments and the ten rounds.
#pragma once

#include <act/elementary/arithmetic.h>

namespace act::elementary {

struct PhiloxState {
  std::uint64_t seed;
  std::uint64_t offset;
};

struct PhiloxWords {
  std::uint32_t word[4];
};

// The state is kept in 64-bit variables, of which only the products use more than the lower half:
// GCC then multiplies in place with AVX-512 instead of widening and packing in each round, in half
// the time.
ACT_HOST_DEVICE PhiloxWords philox4x32(PhiloxWords counter, std::uint32_t key0,
                                       std::uint32_t key1) {
  std::uint64_t c0 = counter.word[0], c1 = counter.word[1], c2 = counter.word[2],
                c3 = counter.word[3];
#if defined(__CUDA_ARCH__)
#pragma unroll
#elif !defined(__CUDACC__)
#pragma GCC unroll 10
#endif
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t product0 = std::uint64_t(0xD2511F53u) * std::uint32_t(c0);
    const std::uint64_t product1 = std::uint64_t(0xCD9E8D57u) * std::uint32_t(c2);
    c0 = (product1 >> 32) ^ c1 ^ key0;
    c1 = std::uint32_t(product1);
    c2 = (product0 >> 32) ^ c3 ^ key1;
    c3 = std::uint32_t(product0);
    key0 += 0x9E3779B9u;  // the golden ratio
    key1 += 0xBB67AE85u;  // sqrt(3) - 1
  }
  return {{std::uint32_t(c0), std::uint32_t(c1), std::uint32_t(c2), std::uint32_t(c3)}};
}

// The four words that elements 4·group … 4·group + 3 of a tensor take, in this order.
ACT_HOST_DEVICE PhiloxWords philox_of_group(std::uint64_t group, std::uint64_t seed,
                                            std::uint64_t offset) {
  return philox4x32({{std::uint32_t(group), std::uint32_t(group >> 32), std::uint32_t(offset),
                      std::uint32_t(offset >> 32)}},
                    std::uint32_t(seed), std::uint32_t(seed >> 32));
}

}  // namespace act::elementary
