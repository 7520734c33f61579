// A half type has 65,536 numbers. What a formula gives at each fits the caches
// beside the data, and of numbers as networks have them so few differ in sign
// and leading bits that the first level holds what is looked up: one load in
// place of an exponential and a division.
#pragma once

#include "pointwise_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// calculate(x, place) for all of them, block by block.
template <class Stored, class Calculate>
void for_each_half_number(Calculate calculate) {
  Stored x[block_elements<float>];
  for (std::int64_t begin = 0; begin < half_numbers; begin += block_elements<float>) {
    for (std::int64_t i = 0; i < block_elements<float>; ++i) {
      x[i].bits = static_cast<std::uint16_t>(begin + i);
    }
    calculate(x, begin);
  }
}

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

#if defined(__SSE2__)
// Results are put together in a register: stored one by one, they take a third
// more time. So are the places looked up, four in one load.
template <class Stored>
ACT_HOST_DEVICE std::uint64_t four_places(const Stored* from) {
  std::uint64_t four;
  __builtin_memcpy(&four, from, sizeof(four));
  return four;
}

template <class Stored>
ACT_HOST_DEVICE __m128i look_up_vector(const Stored* x, const Stored* table) {
  const std::uint64_t low = four_places(x), high = four_places(x + 4);
  const auto at = [=](std::uint64_t place)
                      ACT_INLINE_LAMBDA { return int{table[place & 0xffff].bits}; };
  __m128i y = _mm_cvtsi32_si128(at(low));
  y = _mm_insert_epi16(y, at(low >> 16), 1);
  y = _mm_insert_epi16(y, at(low >> 32), 2);
  y = _mm_insert_epi16(y, at(low >> 48), 3);
  y = _mm_insert_epi16(y, at(high), 4);
  y = _mm_insert_epi16(y, at(high >> 16), 5);
  y = _mm_insert_epi16(y, at(high >> 32), 6);
  return _mm_insert_epi16(y, at(high >> 48), 7);
}

template <class Stored>
ACT_HOST_DEVICE __m128i look_up_vector(const Stored* x, const float* table) {
  const std::uint64_t four = four_places(x);
  const auto at = [=](std::uint64_t place)
                      ACT_INLINE_LAMBDA { return _mm_load_ss(table + (place & 0xffff)); };
  const __m128 low = _mm_unpacklo_ps(at(four), at(four >> 16));
  const __m128 high = _mm_unpacklo_ps(at(four >> 32), at(four >> 48));
  return _mm_castps_si128(_mm_movelh_ps(low, high));
}
#endif

template <class Stored, class Number>
ACT_HOST_DEVICE void look_up(Number* out, const Stored* x, std::int64_t size, const Number* table) {
  std::int64_t whole = 0;
#if defined(__SSE2__)
  constexpr std::int64_t in_vector = sizeof(__m128i) / sizeof(Number);
  whole = size / in_vector * in_vector;
#pragma GCC unroll 4
  for (std::int64_t i = 0; i < whole; i += in_vector) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), look_up_vector(x + i, table));
  }
#endif
#pragma GCC unroll 1
  for (std::int64_t i = whole; i < size; ++i) out[i] = table[x[i].bits];
}

template <class Stored>
void value_from_table(Stored* out, const Stored* x, std::int64_t size, const Stored* table,
                      bool stream) {
  if (!stream) return look_up(out, x, size, table);
  alignas(line_bytes) Stored values[half_block];
  for (std::int64_t i = 0; i < size; i += half_block) {
    const std::int64_t count = size - i < half_block ? size - i : half_block;
    look_up(values, x + i, count, table);
    stream_bytes(reinterpret_cast<char*>(out + i), reinterpret_cast<const char*>(values),
                 count * static_cast<std::int64_t>(sizeof(Stored)));
  }
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
  if (is_value) {
    return for_each_dense_row<Stored, 1>(
        o, [&](Stored* out, const Stored* const* in, std::int64_t size) {
          value_from_table(out, in[0], size, static_cast<const Stored*>(table), o.stream);
        });
  }
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
