// The activations whose parameters are tensors: these come with each element; the backward yields
// the gradients of the input and of all parameters in one pass over memory.
#pragma once

#include <act/parametric_activations.h>

#include "blocks.h"
#include "look_up.h"
#include "parametric.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template <class T, template <class> class Formula>
void parametric_value_loop(T* out, const T* const* inputs, std::int64_t size,
                           const ParameterValues& scalars, bool stream) {
  const Formula<T> formula(scalars);
  const T *x = inputs[0], *first = inputs[1];
  constexpr bool streams = Formula<T>::declaration.limited_by_memory;
  if constexpr (tensor_count<Formula> == 1) {
    compute_each<streams>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return formula.value(x[i], first[i]);
    });
  } else {
    const T* second = inputs[2];
    compute_each<streams>(out, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return formula.value(x[i], first[i], second[i]);
    });
  }
}

// The gradient of the input, and the derivatives in the parameters, which are summed up later.
// `inputs` are grad_output, x and the parameters.
template <class T, template <class> class Formula>
void parametric_backward_loop(T* grad_input, T* const* derivatives, const T* const* inputs,
                              std::int64_t size, const ParameterValues& scalars) {
  const Formula<T> formula(scalars);
  const T *grad_output = inputs[0], *x = inputs[1], *first = inputs[2];
  T* of_first = derivatives[0];
  if constexpr (tensor_count<Formula> == 1) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < size; ++i) {
      const auto d = formula.derivatives(x[i], first[i]);
      grad_input[i] = grad_output[i] * d.input;
      of_first[i] = d.tensor[0];
    }
  } else {
    const T* second = inputs[3];
    T* of_second = derivatives[1];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < size; ++i) {
      const auto d = formula.derivatives(x[i], first[i], second[i]);
      grad_input[i] = grad_output[i] * d.input;
      of_first[i] = d.tensor[0];
      of_second[i] = d.tensor[1];
    }
  }
}

// The sum of products, in double, where those of floats are exact. Eight partial sums in fixed
// places keep the order of additions the same on every instruction set.
template <class T>
double sum_of_products(const T* a, const T* b, std::int64_t size) {
  constexpr int lanes = 8;
  double sums[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    for (int lane = 0; lane < lanes; ++lane) {
      sums[lane] += static_cast<double>(a[i + lane]) * static_cast<double>(b[i + lane]);
    }
  }
  for (int lane = 0; i < size; ++i, ++lane) {
    sums[lane] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  }
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Adds one tile's share to the sums of one parameter, whose elements the tile's view tells apart.
template <class Stored>
void add_to_sums(const ParameterSums& to, TileView<const char> parameter, Tile tile,
                 const opmath_t<Stored>* grad_output, const opmath_t<Stored>* derivative) {
  constexpr std::int64_t element = sizeof(Stored);
  for (std::int64_t r = 0; r < tile.rows; ++r) {
    const std::int64_t first = r * tile.columns;
    double* sums =
        to.sums + (parameter.data + r * parameter.row_stride - to.first_parameter) / element;
    const auto *g = grad_output + first, *d = derivative + first;
    if (parameter.column_stride == 0) {
      *sums += sum_of_products(g, d, tile.columns);
      continue;
    }
    const std::int64_t step = parameter.column_stride / element;
#pragma GCC ivdep
    for (std::int64_t c = 0; c < tile.columns; ++c) {
      sums[c * step] += static_cast<double>(g[c]) * static_cast<double>(d[c]);
    }
  }
}

template <class Stored, template <class> class Formula>
void parametric_backward_as(const Operands& o, const ParameterValues& scalars,
                            const ParameterSums* sums) {
  using T = opmath_t<Stored>;
  constexpr int tensors = tensor_count<Formula>, operands = 3 + tensors;
  Blocks<T, operands> blocks;
  Blocks<T, tensors> derivatives;
  T* const derivative_blocks[] = {derivatives[0], derivatives[tensors - 1]};
  const auto constant = [&](int k) { return o.strides[k] == 0 && o.strides[operands + k] == 0; };

  const Tile whole = choose_tile<Stored, operands>(o.strides, o.columns, o.rows);
  for (int k = 3; k < operands; ++k) {
    if (constant(k)) gather<Stored>(blocks[k], view(o, operands, k, 0, 0), whole);
  }
  for (std::int64_t row = 0; row < o.rows; row += whole.rows) {
    for (std::int64_t column = 0; column < o.columns; column += whole.columns) {
      const Tile tile = part_of(whole, o.columns - column, o.rows - row);
      const T* in[operands - 1];
      for (int k = 1; k < operands; ++k) {
        const auto from = view(o, operands, k, column, row);
        const bool in_place = tile.rows == 1 && is_dense<Stored>(o, k);
        in[k - 1] = in_place ? reinterpret_cast<const T*>(from.data) : blocks[k];
        if (!in_place && (k < 3 || !constant(k))) gather<Stored>(blocks[k], from, tile);
      }
      parametric_backward_loop<T, Formula>(blocks[0], derivative_blocks, in,
                                           tile.columns * tile.rows, scalars);
      scatter<Stored>(result_view(o, operands, 0, column, row), blocks[0], tile, o.stream);
      for (int k = 0; k < tensors; ++k) {
        add_to_sums<Stored>(sums[k], view(o, operands, 3 + k, column, row), tile, in[0],
                            derivatives[k]);
      }
    }
  }
  if (o.stream) finish_streaming();
}

template <class Stored, template <class> class Formula>
void parametric_as(const Operands& o, const ParameterValues& scalars) {
  using T = opmath_t<Stored>;
  walk<Stored, 1 + tensor_count<Formula>>(o, parametric_value_loop<T, Formula>, scalars);
}

// By the loops that compute without a table: so that both give the same bits.
template <class Stored, template <class> class Formula>
void tabulate_parametric_as(Stored* table, const void* const* parameters,
                            const ParameterValues& scalars) {
  constexpr int operands = 2 + tensor_count<Formula>;
  constexpr std::int64_t strides[2 * operands] = {sizeof(Stored), sizeof(Stored)};
  char* data[operands];
  for (int k = 2; k < operands; ++k) {
    data[k] = const_cast<char*>(static_cast<const char*>(parameters[k - 2]));
  }
  for_each_half_number<Stored>([&](Stored* x, std::int64_t place) {
    data[0] = reinterpret_cast<char*>(table + place);
    data[1] = reinterpret_cast<char*>(x);
    parametric_as<Stored, Formula>({data, strides, block_elements<float>, 1, false}, scalars);
  });
}

template <class Stored, template <class> class... Formula>
void call_tabulate_parametric(FormulaList<Formula...>, int formula, Stored* table,
                              const void* const* parameters, const ParameterValues& scalars) {
  static constexpr void (*tabulate[])(Stored*, const void* const*, const ParameterValues&) = {
      tabulate_parametric_as<Stored, Formula>...};
  tabulate[formula](table, parameters, scalars);
}

template <class Stored, template <class> class... Formula>
void call_parametric(FormulaList<Formula...>, int formula, const Operands& o,
                     const ParameterValues& scalars) {
  static constexpr void (*table[])(const Operands&,
                                   const ParameterValues&) = {parametric_as<Stored, Formula>...};
  table[formula](o, scalars);
}

template <class Stored, template <class> class... Formula>
void call_parametric_backward(FormulaList<Formula...>, int formula, const Operands& o,
                              const ParameterValues& scalars, const ParameterSums* sums) {
  static constexpr void (*table[])(
      const Operands&, const ParameterValues&,
      const ParameterSums*) = {parametric_backward_as<Stored, Formula>...};
  table[formula](o, scalars, sums);
}

inline void parametric(int formula, Storage storage, const Operands& o,
                       const ParameterValues& scalars) {
  dispatch_storage(storage, [&]<class Stored>() {
    call_parametric<Stored>(ParametricActivations{}, formula, o, scalars);
  });
}

inline void tabulate_parametric(int formula, Storage storage, void* table,
                                const void* const* parameters, const ParameterValues& scalars) {
  dispatch_storage(storage, [&]<class Stored>() {
    if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
      call_tabulate_parametric(ParametricActivations{}, formula, static_cast<Stored*>(table),
                               parameters, scalars);
    }
  });
}

inline void parametric_from_table(Storage storage, const void* table, const Operands& o) {
  dispatch_storage(storage, [&]<class Stored>() {
    if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
      values_from_table(o, static_cast<const Stored*>(table));
    }
  });
}

inline void parametric_backward(int formula, Storage storage, const Operands& o,
                                const ParameterValues& scalars, const ParameterSums* sums) {
  dispatch_storage(storage, [&]<class Stored>() {
    call_parametric_backward<Stored>(ParametricActivations{}, formula, o, scalars, sums);
  });
}

extern const ParametricLoops parametric_loops{parametric, tabulate_parametric,
                                              parametric_from_table, parametric_backward};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
