// Which of its two slopes a piecewise-linear formula has at each element, in two bits, and the
// backward from them: 0 the low slope, 1 the high one, 2 NaN. The first of four elements is in the
// lowest bits of a byte.
#pragma once

#include <act/activations.h>
#include <act/elementary/limits.h>

#include "pointwise_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr std::int64_t codes_in_block = 512;

ACT_HOST_DEVICE std::uint32_t load_four(const std::uint8_t* from) {
  std::uint32_t four;
  __builtin_memcpy(&four, from, sizeof(four));
  return four;
}

// A whole number of bytes: the codes after the last element are there and arbitrary.
ACT_HOST_DEVICE void pack(std::uint8_t* bits, const std::uint8_t* codes, std::int64_t bytes) {
  for (std::int64_t k = 0; k < bytes; ++k) {
    const std::uint32_t four = load_four(codes + 4 * k);
    bits[k] = static_cast<std::uint8_t>(four | four >> 6 | four >> 12 | four >> 18);
  }
}

ACT_HOST_DEVICE void unpack(std::uint8_t* codes, const std::uint8_t* bits, std::int64_t bytes) {
  for (std::int64_t k = 0; k < bytes; ++k) {
    const std::uint32_t byte = bits[k];
    const std::uint32_t four = (byte | byte << 6 | byte << 12 | byte << 18) & 0x03030303u;
    __builtin_memcpy(codes + 4 * k, &four, sizeof(four));
  }
}

template <class Stored, template <class> class Formula>
void slope_bits_loop(const void* self, std::uint8_t* bits, std::int64_t size,
                     const ParameterValues& parameters) {
  using T = opmath_t<Stored>;
  const Formula<T> formula(parameters);
  const T high = formula.slopes().high;
  const auto* x = static_cast<const Stored*>(self);
  for (std::int64_t begin = 0; begin < size; begin += codes_in_block) {
    const std::int64_t count = size - begin < codes_in_block ? size - begin : codes_in_block;
    alignas(64) T block[codes_in_block];
    alignas(64) std::uint8_t codes[codes_in_block] = {};
    widen(block, x + begin, count);
    for (std::int64_t i = 0; i < count; ++i) {
      const T slope = formula.derivative(block[i]);
      codes[i] = static_cast<std::uint8_t>(2 * (slope != slope) | (slope == high));
    }
    pack(bits + begin / 4, codes, (count + 3) / 4);
  }
}

template <class Stored, template <class> class Formula>
void backward_from_bits_loop(void* grad_input, const void* grad_output, const std::uint8_t* bits,
                             std::int64_t size, const ParameterValues& parameters) {
  using T = opmath_t<Stored>;
  const elementary::Slopes<T> slopes = Formula<T>(parameters).slopes();
  const auto* g = static_cast<const Stored*>(grad_output);
  auto* result = static_cast<Stored*>(grad_input);
  for (std::int64_t begin = 0; begin < size; begin += codes_in_block) {
    const std::int64_t count = size - begin < codes_in_block ? size - begin : codes_in_block;
    alignas(64) T block[codes_in_block];
    alignas(64) std::uint8_t codes[codes_in_block];
    unpack(codes, bits + begin / 4, (count + 3) / 4);
    widen(block, g + begin, count);
    for (std::int64_t i = 0; i < count; ++i) {
      const T slope = codes[i] == 1 ? slopes.high : slopes.low;
      const T or_nan = codes[i] > 1 ? elementary::quiet_nan<T>() : slope;
      block[i] = scale_gradient<T, Formula>(block[i], or_nan);
    }
    narrow(result + begin, block, count);
  }
}

template <class Stored>
struct SlopeBitsLoops {
  void (*bits)(const void*, std::uint8_t*, std::int64_t, const ParameterValues&);
  void (*backward)(void*, const void*, const std::uint8_t*, std::int64_t, const ParameterValues&);
};

template <class Stored, template <class> class Formula>
constexpr SlopeBitsLoops<Stored> slope_bits_loops_of() {
  if constexpr (Formula<float>::declaration.two_slopes) {
    return {slope_bits_loop<Stored, Formula>, backward_from_bits_loop<Stored, Formula>};
  } else {
    return {};
  }
}

template <class Stored, template <class> class... Formula>
const SlopeBitsLoops<Stored>& find_slope_bits_loops(int formula, FormulaList<Formula...>) {
  static constexpr SlopeBitsLoops<Stored> table[] = {slope_bits_loops_of<Stored, Formula>()...};
  return table[formula];
}

inline void slope_bits(int formula, Storage storage, const void* self, std::uint8_t* bits,
                       std::int64_t size, const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    find_slope_bits_loops<Stored>(formula, Activations{}).bits(self, bits, size, parameters);
  });
}

inline void backward_from_bits(int formula, Storage storage, void* grad_input,
                               const void* grad_output, const std::uint8_t* bits, std::int64_t size,
                               const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    find_slope_bits_loops<Stored>(formula, Activations{})
        .backward(grad_input, grad_output, bits, size, parameters);
  });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
