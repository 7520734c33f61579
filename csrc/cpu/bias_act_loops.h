// Bias and activation in one pass. The sum is computed and handed on in float32 or float64: half
// types round only the result.
#pragma once

#include "activation_loops.h"
#include "bias_act.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T>
struct BiasActValue {
  DenseLoop<T> activation;

  void operator()(T* out, const T* const* inputs, std::int64_t size,
                  const ParameterValues& parameters, bool stream) const {
    constexpr std::int64_t capacity = block_elements<T> / 2;
    alignas(line_bytes) T block[capacity];
    T* sum = block;
    for (std::int64_t begin = 0; begin < size; begin += capacity) {
      const std::int64_t rest = size - begin;
      const std::int64_t count = rest < capacity ? rest : capacity;
      const T* x = inputs[0] + begin;
      const T* bias = inputs[1] + begin;
#pragma GCC ivdep
      for (std::int64_t i = 0; i < count; ++i) sum[i] = x[i] + bias[i];
      const T* const of_activation[] = {sum};
      activation(out + begin, of_activation, count, parameters, stream);
    }
  }
};

inline void bias_act(int formula, Storage storage, const Operands& o,
                     const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    using T = opmath_t<Stored>;
    walk<Stored, 2>(o, BiasActValue<T>{activation_loops<T>(formula).value}, parameters);
  });
}

// In double, where sums of many floats are good to the last place; eight partial sums in fixed
// places keep the order of additions the same on every instruction set.
template <class T>
double sum_in_double(const T* values, std::int64_t size) {
  constexpr int lanes = 8;
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    for (int lane = 0; lane < lanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]);
  }
  for (int lane = 0; i < size; ++i, ++lane) sums[lane] += static_cast<double>(values[i]);
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Adds a row of gradients to the sums of their channels, which lie `step` apart.
template <class T>
void add_row(double* sums, std::int64_t step, const T* gradient, std::int64_t columns) {
  if (step == 0) {
    *sums += sum_in_double(gradient, columns);
  } else if (step == 1) {
#pragma GCC ivdep
    for (std::int64_t c = 0; c < columns; ++c) sums[c] += static_cast<double>(gradient[c]);
  } else {
    for (std::int64_t c = 0; c < columns; ++c) sums[c * step] += static_cast<double>(gradient[c]);
  }
}

template <class Stored>
void bias_act_backward_as(DenseLoop<opmath_t<Stored>> backward, Saved saved, const Operands& o,
                          const ParameterValues& parameters, const char* bias, double* bias_sums) {
  using T = opmath_t<Stored>;
  constexpr int operands = 4;
  constexpr std::int64_t element = sizeof(Stored);
  Blocks<T, operands> blocks;
  const Tile whole = choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
  const bool from_memory = is_from_memory<Stored>(o);
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      const std::int64_t size = tile.columns * tile.rows;
      const auto usable = [&](int k) { return tile.rows == 1 && is_dense<Stored>(o, k); };
      const auto read = [&](int k) -> const T* {
        const auto from = view(o, operands, k, column, row);
        if (usable(k)) return reinterpret_cast<const T*>(from.data);
        if (from_memory) prefetch_tile(from, tile);
        gather<Stored>(blocks[k], from, tile);
        return blocks[k];
      };
      const T* inputs[] = {read(1), read(2)};
      if (saved == Saved::input) {
        const T* x = inputs[1];
        const T* of_bias = read(3);
        T* sum = blocks[2];
#pragma GCC ivdep
        for (std::int64_t i = 0; i < size; ++i) sum[i] = x[i] + of_bias[i];
        inputs[1] = sum;
      }
      const auto to = result_view(o, operands, 0, column, row);
      const bool in_place = usable(0) && !o.stream;
      T* gradient = in_place ? reinterpret_cast<T*>(to.data) : blocks[0];
      backward(gradient, inputs, size, parameters, /*stream=*/false);
      if (!in_place) scatter<Stored>(to, gradient, tile, o.stream);

      const auto biases = view(o, operands, 3, column, row);
      for (std::int64_t r = 0; r < tile.rows; ++r) {
        double* sums = bias_sums + (biases.data + r * biases.row_stride - bias) / element;
        add_row(sums, biases.column_stride / element, gradient + r * tile.columns, tile.columns);
      }
    }
  }
  if (o.stream) finish_streaming();
}

inline void bias_act_backward(int formula, Saved saved, Storage storage, const Operands& o,
                              const ParameterValues& parameters, const char* bias,
                              double* bias_sums) {
  dispatch_storage(storage, [&]<class Stored>() {
    const auto& loops = activation_loops<opmath_t<Stored>>(formula);
    bias_act_backward_as<Stored>(loops.backward[saved == Saved::output ? 1 : 0], saved, o,
                                 parameters, bias, bias_sums);
  });
}

extern const BiasActKernels bias_act_kernels{bias_act, bias_act_backward};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
