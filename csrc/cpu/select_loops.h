// The backward of a formula whose slopes are 0 and 1, for a half type: a gradient is grad_output's
// own bits or zeros. Only what was saved is widened, to be compared, and nothing is rounded.
#pragma once

#include <act/activations.h>

#include "dense_rows.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Whatever the parameters.
template <template <class> class Formula>
concept PassesOrBlocks = Formula<float>::declaration.flat_blocks_gradient && requires {
  requires Formula<float>::slopes().low == 0 && Formula<float>::slopes().high == 1;
};

template <class Stored>
inline constexpr std::uint16_t quiet_nan_bits =
    std::is_same_v<Stored, BFloat16Bits> ? std::uint16_t{0x7fc0} : std::uint16_t{0x7e00};

template <class Stored, template <class> class Formula, Saved saved>
void select_loop(Stored* grad_input, const Stored* const* inputs, std::int64_t size,
                 const ParameterValues& parameters, bool stream) {
  const Stored* grad_output = inputs[0];
  const Stored* x = inputs[1];
  const Formula<float> formula(parameters);
  constexpr std::int64_t capacity = block_elements<float>;
  alignas(line_bytes) float block[capacity];
  alignas(line_bytes) Stored selected[capacity];
  const bool from_memory = size * static_cast<std::int64_t>(sizeof(Stored)) > bytes_in_cache;
  for (std::int64_t begin = 0; begin < size; begin += capacity) {
    const std::int64_t count = size - begin < capacity ? size - begin : capacity;
    const Stored* g = grad_output + begin;
    Stored* to = stream ? selected : grad_input + begin;
    float* slope = block;
    if (from_memory) {
      prefetch_lines<capacity * sizeof(Stored)>(x + begin, count);
      prefetch_lines<capacity * sizeof(Stored)>(g, count);
    }
    widen(slope, x + begin, count);
    for (std::int64_t i = 0; i < count; ++i) {
      slope[i] = derivative<float, Formula, saved>(formula, slope[i]);
    }
    // A loop of its own: in one, the compiler would compute the formula's conditions once more in
    // vectors of 16 bits. Of a slope it takes those bits that tell 0, 1 and NaN apart, the lower
    // ones of the exponent and all of a half type's mantissa.
#pragma GCC ivdep
    for (std::int64_t i = 0; i < count; ++i) {
      const auto bits = static_cast<std::uint32_t>(elementary::to_bits(slope[i]));
      const auto telling = static_cast<std::uint16_t>(bits >> 13);
      const auto passes = static_cast<std::uint16_t>(-static_cast<std::uint16_t>(telling != 0));
      const std::uint16_t mantissa = telling & 0x3ff;
      const auto is_nan = static_cast<std::uint16_t>(-static_cast<std::uint16_t>(mantissa != 0));
      to[i].bits =
          static_cast<std::uint16_t>((g[i].bits & passes) | (quiet_nan_bits<Stored> & is_nan));
    }
    if (stream) {
      stream_bytes(reinterpret_cast<char*>(grad_input + begin),
                   reinterpret_cast<const char*>(selected),
                   count * static_cast<std::int64_t>(sizeof(Stored)));
    }
  }
}

template <class Stored, template <class> class Formula>
constexpr HalfLoop<Stored> select_loop_of(Saved saved) {
  if (saved == Saved::input) return select_loop<Stored, Formula, Saved::input>;
  if constexpr (DifferentiableFromOutput<Formula>) {
    return select_loop<Stored, Formula, Saved::output>;
  }
  return nullptr;
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
