// Tables of the formulas whose parameters are numbers (look_up.h), and the loops that look their
// results up.
#pragma once

#include "look_up.h"
#include "pointwise_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// By the loops that compute without a table: so that both give the same bits.
template <class Stored>
void tabulate_values(int formula, Stored* table, const ParameterValues& parameters) {
  for_each_half_number<Stored>([&](Stored* x, std::int64_t place) {
    char* const data[] = {reinterpret_cast<char*>(table + place), reinterpret_cast<char*>(x)};
    const std::int64_t strides[] = {sizeof(Stored), sizeof(Stored), 0, 0};
    pointwise_as<Stored, 1>(formula, Pointwise::value, Saved::input,
                            Operands{data, strides, block_elements<float>, 1, false}, parameters);
  });
}

template <class Stored>
void tabulate_derivatives(int formula, float* table, const ParameterValues& parameters) {
  const auto backward = activation_loops<float>(formula).get(Pointwise::backward, Saved::input);
  Blocks<float, 2> blocks;
  for (std::int64_t i = 0; i < block_elements<float>; ++i) blocks[0][i] = 1;
  const float* const inputs[] = {blocks[0], blocks[1]};
  for_each_half_number<Stored>([&](Stored* x, std::int64_t place) {
    widen(blocks[1], x, block_elements<float>);
    backward(table + place, inputs, block_elements<float>, parameters,
             /*stream=*/false);
  });
}

// As the walk over blocks: the same products, and the same ones computed again
// in double.
template <class Stored>
void backward_from_table(Stored* grad_input, const Stored* const* inputs, std::int64_t size,
                         const float* table, bool stream, RoundedExactly<Stored, 2>& rounding) {
  for_each_block<2>(
      grad_input, inputs, size, stream,
      [&](Stored* results, const Stored* const* in, std::int64_t count, Stored* place) {
        rounding.make_room();
        constexpr std::uint32_t distance = float_error(Pointwise::backward);
        const Stored *g = in[0], *x = in[1];
        alignas(line_bytes) float derivatives[half_block];
        look_up(derivatives, x, count, table);
        Undecided<half_block> undecided;
        for (std::int64_t i = 0; i < count; i += narrowed_at_once) {
          alignas(line_bytes) float products[narrowed_at_once];
          widen(products, g + i, narrowed_at_once);
#pragma GCC unroll 1
          for (std::int64_t k = 0; k < narrowed_at_once; ++k) products[k] *= derivatives[i + k];
          undecided.mark(i, narrow_lanes(results + i, products, distance));
        }
        undecided.for_each(count, [&](std::int64_t i) {
          const double again[] = {double(to_opmath(g[i])), double(to_opmath(x[i]))};
          rounding.put_aside(place + i, again);
        });
      });
}

template <class Stored>
void pointwise_from_table_as(int formula, Pointwise order, const void* table, const Operands& o,
                             const ParameterValues& parameters) {
  constexpr Saved saved = Saved::input;
  const bool is_value = order == Pointwise::value;
  if (!(is_value ? are_rows_dense<Stored, 2>(o) : are_rows_dense<Stored, 3>(o))) {
    return pointwise_as<Stored>(formula, order, saved, o, parameters);
  }
  if (is_value) return values_from_table(o, static_cast<const Stored*>(table));
  RoundedExactly<Stored, 2> rounding(activation_loops<double>(formula).get(order, saved),
                                     parameters, float_error(order));
  for_each_dense_row<Stored, 2>(o, [&](Stored* grad_input, const Stored* const* in,
                                       std::int64_t size) {
    backward_from_table(grad_input, in, size, static_cast<const float*>(table), o.stream, rounding);
  });
  rounding.finish();
}

inline void tabulate(int formula, Pointwise order, Storage storage, void* table,
                     const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
      if (order == Pointwise::value) {
        tabulate_values(formula, static_cast<Stored*>(table), parameters);
      } else {
        tabulate_derivatives<Stored>(formula, static_cast<float*>(table), parameters);
      }
    }
  });
}

inline void pointwise_from_table(int formula, Pointwise order, Storage storage, const void* table,
                                 const Operands& o, const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
      pointwise_from_table_as<Stored>(formula, order, table, o, parameters);
    }
  });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
