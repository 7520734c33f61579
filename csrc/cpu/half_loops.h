// Dense loops of the half types for formulas of a few operations: from what is stored to what is
// stored in one pass, where the walk over blocks (blocks.h) would spend its time on writing and
// reading them.
#pragma once

#include <act/activations.h>

#include "select_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// So many are widened, computed and narrowed at once that they stay in registers.
inline constexpr std::int64_t half_lanes = 16;

// So many are written before those are computed again that float32 leaves undecided.
inline constexpr std::int64_t half_block = 512;

// compute(first input) or compute(first, second).
template <int inputs, class T, class Compute>
ACT_HOST_DEVICE T compute_one(Compute compute, T first, [[maybe_unused]] T second) {
  if constexpr (inputs == 1) {
    return compute(first);
  } else {
    return compute(first, second);
  }
}

template <int inputs, class Stored, class Compute>
ACT_HOST_DEVICE void compute_lanes(float* results, const Stored* const* in, std::int64_t from,
                                   Compute compute) {
  alignas(line_bytes) float lanes[inputs][half_lanes];
  for (int k = 0; k < inputs; ++k) widen(lanes[k], in[k] + from, half_lanes);
  // Unrolled, the lanes would not become vectors any more.
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < half_lanes; ++i) {
    results[i] = compute_one<inputs>(compute, lanes[0][i], lanes[inputs - 1][i]);
  }
}

// The results from the i-th one of a block on.
template <class Stored>
ACT_HOST_DEVICE void narrow_half_lanes(Stored* block, const float* results, std::int64_t i,
                                       std::uint32_t distance, Undecided<half_block>& undecided) {
  for (std::int64_t k = 0; k < half_lanes; k += narrowed_at_once) {
    undecided.mark(i + k, narrow_lanes(block + i + k, results + k, distance));
  }
}

// A block of results, computed in float32 and, where that leaves the nearest number undecided, in
// double. Those are gathered: one by one they would be no vectors.
template <int inputs, class Stored, class Compute, class InDouble>
ACT_HOST_DEVICE void compute_nearest(Stored* out, const Stored* const* in, std::int64_t size,
                                     std::uint32_t distance, Compute compute, InDouble in_double) {
  Undecided<half_block> undecided;
  for (std::int64_t i = 0; i < size; i += half_lanes) {
    alignas(line_bytes) float results[half_lanes];
    compute_lanes<inputs>(results, in, i, compute);
    narrow_half_lanes(out, results, i, distance, undecided);
  }
  constexpr std::int64_t lanes = 8;
  double x[inputs][half_block], again[half_block];
  std::int16_t place[half_block];
  std::int64_t count = 0;
  undecided.for_each(size, [&](std::int64_t i) ACT_INLINE_LAMBDA {
    for (int k = 0; k < inputs; ++k) x[k][count] = double(to_opmath(in[k][i]));
    place[count++] = static_cast<std::int16_t>(i);
  });
  for (std::int64_t i = 0; i < count; i += lanes) {
#pragma GCC unroll 1
    for (std::int64_t k = i; k < i + lanes; ++k) {
      again[k] = compute_one<inputs>(in_double, x[0][k], x[inputs - 1][k]);
    }
  }
  for (std::int64_t i = 0; i < count; ++i) out[place[i]] = round_once<Stored>(again[i]);
}

template <int inputs, class Stored, class Compute>
ACT_HOST_DEVICE void compute_rounded(Stored* out, const Stored* const* in, std::int64_t size,
                                     Compute compute) {
  for (std::int64_t i = 0; i < size; i += half_lanes) {
    alignas(line_bytes) float results[half_lanes];
    compute_lanes<inputs>(results, in, i, compute);
    narrow(out + i, results, half_lanes);
  }
}

// block(out, inputs, size, place) for blocks of whole vectors. In place its results are written
// when it has read all: then `out` is not yet the `place` where they will be found.
template <int inputs, class Stored, class Block>
ACT_HOST_DEVICE void for_each_block(Stored* out, const Stored* const* in, std::int64_t size,
                                    bool stream, Block block) {
  constexpr std::int64_t element = sizeof(Stored);
  alignas(line_bytes) Stored results[half_block];
  bool apart = stream;
  for (int k = 0; k < inputs; ++k) apart |= in[k] == out;
  const std::int64_t whole = size / half_lanes * half_lanes;
  for (std::int64_t i = 0; i < whole; i += half_block) {
    const std::int64_t count = whole - i < half_block ? whole - i : half_block;
    const Stored* at[inputs];
    for (int k = 0; k < inputs; ++k) {
      at[k] = in[k] + i;
      prefetch_lines<4096>(at[k], count);
    }
    block(apart ? results : out + i, at, count, out + i);
    if (stream) {
      stream_bytes(reinterpret_cast<char*>(out + i), reinterpret_cast<const char*>(results),
                   count * element);
    } else if (apart) {
      __builtin_memcpy(out + i, results, static_cast<std::size_t>(count * element));
    }
  }
  if (whole == size) return;
  // What is past the end is computed and not written.
  const auto rest = static_cast<std::size_t>((size - whole) * element);
  Stored last[inputs][half_lanes] = {};
  const Stored* at[inputs];
  for (int k = 0; k < inputs; ++k) {
    __builtin_memcpy(last[k], in[k] + whole, rest);
    at[k] = last[k];
  }
  block(results, at, half_lanes, out + whole);
  __builtin_memcpy(out + whole, results, rest);
}

template <class Stored, int inputs, bool nearest, std::uint32_t distance, class Compute,
          class InDouble>
ACT_HOST_DEVICE void half_loop(Stored* out, const Stored* const* in, std::int64_t size, bool stream,
                               Compute compute, InDouble in_double) {
  for_each_block<inputs>(
      out, in, size, stream,
      [=](Stored* results, const Stored* const* at, std::int64_t count, Stored*) ACT_INLINE_LAMBDA {
        if constexpr (nearest) {
          compute_nearest<inputs>(results, at, count, distance, compute, in_double);
        } else {
          compute_rounded<inputs>(results, at, count, compute);
        }
      });
}

template <class Stored, template <class> class Formula>
void half_value_loop(Stored* out, const Stored* const* inputs, std::int64_t size,
                     const ParameterValues& parameters, bool stream) {
  constexpr Pointwise order = Pointwise::value;
  const Formula<float> formula(parameters);
  const Formula<double> in_double(rounded_to_float(parameters));
  half_loop<Stored, 1, rounds_twice<Formula>(order), float_error(order)>(
      out, inputs, size, stream, [=](float x) ACT_INLINE_LAMBDA { return formula.value(x); },
      [=](double x) ACT_INLINE_LAMBDA { return in_double.value(x); });
}

template <class Stored, template <class> class Formula, Saved saved>
void half_backward_loop(Stored* grad_input, const Stored* const* inputs, std::int64_t size,
                        const ParameterValues& parameters, bool stream) {
  constexpr Pointwise order = Pointwise::backward;
  const Formula<float> formula(parameters);
  const Formula<double> in_double(rounded_to_float(parameters));
  half_loop<Stored, 2, rounds_twice<Formula>(order), float_error(order)>(
      grad_input, inputs, size, stream,
      [=](float g, float x) ACT_INLINE_LAMBDA {
        return scale_gradient<float, Formula>(g, derivative<float, Formula, saved>(formula, x));
      },
      [=](double g, double x) ACT_INLINE_LAMBDA {
        return scale_gradient<double, Formula>(g, derivative<double, Formula, saved>(in_double, x));
      });
}

// The derivative of an output is a matter of a few operations, whatever the formula.
template <class Stored, template <class> class Formula>
constexpr HalfLoop<Stored> half_loop_of(Pointwise order, Saved saved) {
  constexpr bool is_short = Formula<float>::declaration.limited_by_memory;
  if constexpr (is_short) {
    if (order == Pointwise::value) return half_value_loop<Stored, Formula>;
  }
  if (order != Pointwise::backward) return nullptr;
  if constexpr (PassesOrBlocks<Formula>) {
    return select_loop_of<Stored, Formula>(saved);
  } else {
    if constexpr (is_short) {
      if (saved == Saved::input) return half_backward_loop<Stored, Formula, Saved::input>;
    }
    if constexpr (DifferentiableFromOutput<Formula>) {
      if (saved == Saved::output) return half_backward_loop<Stored, Formula, Saved::output>;
    }
  }
  return nullptr;
}

template <class Stored, template <class> class... Formula>
HalfLoop<Stored> find_half_loop(int formula, Pointwise order, Saved saved,
                                FormulaList<Formula...>) {
  static constexpr HalfLoop<Stored> values[] = {
      half_loop_of<Stored, Formula>(Pointwise::value, Saved::input)...};
  static constexpr HalfLoop<Stored> from_input[] = {
      half_loop_of<Stored, Formula>(Pointwise::backward, Saved::input)...};
  static constexpr HalfLoop<Stored> from_output[] = {
      half_loop_of<Stored, Formula>(Pointwise::backward, Saved::output)...};
  switch (order) {
    case Pointwise::value:
      return values[formula];
    case Pointwise::backward:
      return (saved == Saved::input ? from_input : from_output)[formula];
    case Pointwise::double_backward:
      break;
  }
  return nullptr;
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
