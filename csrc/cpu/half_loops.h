// Dense loops of the half types for formulas of a few operations: from what is
// stored to what is stored in one pass, where the walk over blocks (blocks.h)
// would spend its time on writing and reading them.
#pragma once

#include <act/activations.h>

#include "half_lanes.h"
#include "select_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// So many are written before those are computed again that float32 leaves
// undecided.
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
  using Lanes = HalfLanes<Stored>;
  alignas(line_bytes) float lanes[inputs][Lanes::count];
  for (int k = 0; k < inputs; ++k) Lanes::widen(lanes[k], in[k] + from);
  // Unrolled, the lanes would not become vectors any more.
#pragma GCC unroll 1
  for (std::int64_t i = 0; i < Lanes::count; ++i) {
    results[i] = compute_one<inputs>(compute, lanes[0][i], lanes[inputs - 1][i]);
  }
}

// A block of results, computed in float32 and, where that leaves the nearest
// number undecided, in double. Those are gathered: one by one they would be no
// vectors.
template <int inputs, class Stored, class Compute, class InDouble>
ACT_HOST_DEVICE void compute_nearest(Stored* out, const Stored* const* in, std::int64_t size,
                                     std::uint32_t distance, Compute compute, InDouble in_double) {
  using Lanes = HalfLanes<Stored>;
  Undecided<half_block> undecided;
  for (std::int64_t i = 0; i < size; i += Lanes::count) {
    alignas(line_bytes) float results[Lanes::count];
    compute_lanes<inputs>(results, in, i, compute);
    undecided.mark(i, Lanes::narrow_and_mark(out + i, results, distance));
  }
  constexpr std::int64_t lanes = 8;
  double x[inputs][half_block], again[half_block];
  std::int16_t place[half_block];
  std::int64_t count = 0;
  undecided.for_each(size, [&](std::int64_t bit) ACT_INLINE_LAMBDA {
    const std::int64_t i = Lanes::place(bit);
    for (int k = 0; k < inputs; ++k) x[k][count] = double(to_opmath(in[k][i]));
    place[count++] = static_cast<std::int16_t>(i);
  });
  for (std::int64_t i = count; i % lanes != 0; ++i) {
    for (int k = 0; k < inputs; ++k) x[k][i] = 0;
  }
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
  using Lanes = HalfLanes<Stored>;
  for (std::int64_t i = 0; i < size; i += Lanes::count) {
    alignas(line_bytes) float results[Lanes::count];
    compute_lanes<inputs>(results, in, i, compute);
    Lanes::narrow(out + i, results);
  }
}

// False where a result is no number of the half type.
template <int inputs, class Stored, class Compute>
ACT_HOST_DEVICE bool compute_exact(Stored* out, const Stored* const* in, std::int64_t size,
                                   Compute compute) {
  using Lanes = HalfLanes<Stored>;
  if constexpr (Lanes::can_cut) {
    auto lower = Lanes::nothing();
    for (std::int64_t i = 0; i < size; i += Lanes::count) {
      alignas(line_bytes) float results[Lanes::count];
      compute_lanes<inputs>(results, in, i, compute);
      Lanes::cut(out + i, results, lower);
    }
    return Lanes::was_exact(lower);
  } else {
    compute_rounded<inputs>(out, in, size, compute);
    return true;
  }
}

// block(out, inputs, size, place) for blocks of whole vectors. In place its
// results are written when it has read all: then `out` is not yet the `place`
// where they will be found.
template <int inputs, class Stored, class Block>
ACT_HOST_DEVICE void for_each_block(Stored* out, const Stored* const* in, std::int64_t size,
                                    bool stream, Block block) {
  constexpr std::int64_t element = sizeof(Stored);
  alignas(line_bytes) Stored results[half_block];
  bool apart = stream;
  for (int k = 0; k < inputs; ++k) apart |= in[k] == out;
  constexpr std::int64_t lanes = HalfLanes<Stored>::count;
  const std::int64_t whole = size / lanes * lanes;
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
  Stored last[inputs][lanes] = {};
  const Stored* at[inputs];
  for (int k = 0; k < inputs; ++k) {
    __builtin_memcpy(last[k], in[k] + whole, rest);
    at[k] = last[k];
  }
  block(results, at, lanes, out + whole);
  __builtin_memcpy(out + whole, results, rest);
}

// What a loop's results are in the half type.
enum class Results {
  exact,     // numbers of it, as a rule
  rounded,   // rounded as computed
  computed,  // computed again in double where float32 leaves the nearest number
             // undecided
};

template <class Stored, int inputs, Results results, std::uint32_t distance, class Compute,
          class InDouble>
ACT_HOST_DEVICE void half_loop(Stored* out, const Stored* const* in, std::int64_t size, bool stream,
                               Compute compute, InDouble in_double) {
  bool exact = results == Results::exact;
  for_each_block<inputs>(
      out, in, size, stream,
      [&](Stored* to, const Stored* const* at, std::int64_t count, Stored*) ACT_INLINE_LAMBDA {
        if constexpr (results == Results::computed) {
          compute_nearest<inputs>(to, at, count, distance, compute, in_double);
        } else {
          if constexpr (results == Results::exact) {
            exact = exact && compute_exact<inputs>(to, at, count, compute);
          }
          if (!exact) compute_rounded<inputs>(to, at, count, compute);
        }
      });
}

template <class Stored, template <class> class Formula>
void half_value_loop(Stored* out, const Stored* const* inputs, std::int64_t size,
                     const ParameterValues& parameters, bool stream) {
  constexpr Pointwise order = Pointwise::value;
  constexpr Results rounded = PassesOrBlocks<Formula> ? Results::exact : Results::rounded;
  constexpr Results results = rounds_twice<Formula>(order) ? Results::computed : rounded;
  const Formula<float> formula(parameters);
  const Formula<double> in_double(rounded_to_float(parameters));
  half_loop<Stored, 1, results, float_error(order)>(
      out, inputs, size, stream, [=](float x) ACT_INLINE_LAMBDA { return formula.value(x); },
      [=](double x) ACT_INLINE_LAMBDA { return in_double.value(x); });
}

template <class Stored, template <class> class Formula, Saved saved>
void half_backward_loop(Stored* grad_input, const Stored* const* inputs, std::int64_t size,
                        const ParameterValues& parameters, bool stream) {
  constexpr Pointwise order = Pointwise::backward;
  constexpr Results results = rounds_twice<Formula>(order) ? Results::computed : Results::rounded;
  const Formula<float> formula(parameters);
  const Formula<double> in_double(rounded_to_float(parameters));
  half_loop<Stored, 2, results, float_error(order)>(
      grad_input, inputs, size, stream,
      [=](float g, float x) ACT_INLINE_LAMBDA {
        return scale_gradient<float, Formula>(g, derivative<float, Formula, saved>(formula, x));
      },
      [=](double g, double x) ACT_INLINE_LAMBDA {
        return scale_gradient<double, Formula>(g, derivative<double, Formula, saved>(in_double, x));
      });
}

// The derivative of an output is a matter of a few operations, whatever the
// formula.
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
