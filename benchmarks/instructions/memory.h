// The memory that the kernels work on, and the numbers in it.
#pragma once

#include <act/elementary/philox.h>
#include <act/storage.h>

#include <cmath>
#include <cstdint>

namespace act::instructions {

inline constexpr std::int64_t capacity = 4096;  // elements; a multiple of every vector
inline constexpr int most_operands = 5;

// Memory for the operands of one call, 64 bytes further in its page each, as the driver's blocks.
struct Memory {
  static constexpr std::int64_t bytes_of_one = capacity * 8 + 64;
  alignas(4096) char bytes[most_operands][bytes_of_one];
  alignas(64) std::uint8_t bits[capacity / 4];
  double weight_sums[2];
  elementary::PhiloxState state{1, 2};

  char* operator[](int k) { return bytes[k]; }
};

// Numbers between -6 and 6 without a pattern: so that no select is always the same.
template <class Stored>
void fill(char* memory) {
  auto* numbers = reinterpret_cast<Stored*>(memory);
  for (std::int64_t i = 0; i < capacity; ++i) {
    const double turned = static_cast<double>(i) * 0.61803398874989485;
    numbers[i] =
        from_opmath<Stored>(static_cast<opmath_t<Stored>>(12 * (turned - std::floor(turned)) - 6));
  }
}

}  // namespace act::instructions
