// The loops of every activation, from its formula: included once for each instruction set.
#pragma once

#include <act/activations.h>

#include "activation_loops.h"
#include "half_loops.h"
#include "steps.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// Long formulas give their value or derivative in two or three steps.
template <class Formula, class T>
concept BeginsValue = requires(Formula f, T x) { f.begin_value(x); };
template <class Formula, class T>
concept ContinuesValue = requires(Formula f, T x) { f.continue_value(x, f.begin_value(x)); };
template <class Formula, class T>
concept BeginsDerivative = requires(Formula f, T x) { f.begin_derivative(x); };
template <class Formula, class T>
concept ContinuesDerivative =
    requires(Formula f, T x) { f.continue_derivative(x, f.begin_derivative(x)); };

template <class T, template <class> class Formula>
void value_loop(T* out, const T* const* inputs, std::int64_t size,
                const ParameterValues& parameters, bool stream) {
  const Formula<T> formula(parameters);
  const T* x = inputs[0];
  constexpr bool streams = Formula<T>::declaration.limited_by_memory;
  if constexpr (BeginsValue<Formula<T>, T>) {
    const auto begin = [=](std::int64_t i) ACT_INLINE_LAMBDA { return formula.begin_value(x[i]); };
    const auto value = [=](std::int64_t i, auto... steps)
                           ACT_INLINE_LAMBDA { return formula.value(x[i], steps...); };
    if constexpr (ContinuesValue<Formula<T>, T>) {
      const auto further = [=](std::int64_t i, auto begun)
                               ACT_INLINE_LAMBDA { return formula.continue_value(x[i], begun); };
      compute_in_steps<streams>(out, size, stream, begin, further, value);
    } else {
      compute_in_steps<streams>(out, size, stream, begin, value);
    }
  } else {
    compute_each<streams>(out, size, stream,
                          [=](std::int64_t i) ACT_INLINE_LAMBDA { return formula.value(x[i]); });
  }
}

template <class T, template <class> class Formula, Saved saved>
void backward_loop(T* grad_input, const T* const* inputs, std::int64_t size,
                   const ParameterValues& parameters, bool stream) {
  const Formula<T> formula(parameters);
  const T* grad_output = inputs[0];
  const T* x = inputs[1];
  constexpr bool streams = Formula<T>::declaration.limited_by_memory || saved == Saved::output;
  if constexpr (saved == Saved::input && BeginsDerivative<Formula<T>, T>) {
    const auto begin = [=](std::int64_t i)
                           ACT_INLINE_LAMBDA { return formula.begin_derivative(x[i]); };
    const auto gradient = [=](std::int64_t i, auto... steps) ACT_INLINE_LAMBDA {
      return scale_gradient<T, Formula>(grad_output[i], formula.derivative(x[i], steps...));
    };
    if constexpr (ContinuesDerivative<Formula<T>, T>) {
      const auto further = [=](std::int64_t i, auto begun) ACT_INLINE_LAMBDA {
        return formula.continue_derivative(x[i], begun);
      };
      compute_in_steps<true>(grad_input, size, stream, begin, further, gradient);
    } else {
      compute_in_steps<true>(grad_input, size, stream, begin, gradient);
    }
  } else {
    compute_each<streams>(grad_input, size, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
      return scale_gradient<T, Formula>(grad_output[i],
                                        derivative<T, Formula, saved>(formula, x[i]));
    });
  }
}

template <class T, template <class> class Formula, Saved saved>
void double_backward_loop(T* out, const T* const* inputs, std::int64_t size,
                          const ParameterValues& parameters, bool) {
  const Formula<T> formula(parameters);
  const T* grad_grad_input = inputs[0];
  const T* grad_output = inputs[1];
  const T* x = inputs[2];
  compute_each<false>(out, size, /*stream=*/false, [=](std::int64_t i) ACT_INLINE_LAMBDA {
    return scale_gradient<T, Formula>(grad_grad_input[i] * grad_output[i],
                                      second_derivative<T, Formula, saved>(formula, x[i]));
  });
}

template <class T, template <class> class Formula>
constexpr LoopsOf<T> loops_of() {
  LoopsOf<T> loops{value_loop<T, Formula>,
                   {backward_loop<T, Formula, Saved::input>, nullptr},
                   {double_backward_loop<T, Formula, Saved::input>, nullptr}};
  if constexpr (DifferentiableFromOutput<Formula>) {
    loops.backward[1] = backward_loop<T, Formula, Saved::output>;
    loops.double_backward[1] = double_backward_loop<T, Formula, Saved::output>;
  }
  return loops;
}

template <class T, template <class> class... Formula>
const LoopsOf<T>& find_loops(int formula, FormulaList<Formula...>) {
  static constexpr LoopsOf<T> table[] = {loops_of<T, Formula>()...};
  return table[formula];
}

template <class T>
const LoopsOf<T>& activation_loops(int formula) {
  return find_loops<T>(formula, Activations{});
}

// Of a half type: the loops in double for what float32 leaves undecided, or null.
template <template <class> class... Formula>
DenseLoop<double> find_exact_loop(int formula, Pointwise order, Saved saved,
                                  FormulaList<Formula...>) {
  static constexpr bool values[] = {rounds_twice<Formula>(Pointwise::value)...};
  static constexpr bool gradients[] = {rounds_twice<Formula>(Pointwise::backward)...};
  if (!(order == Pointwise::value ? values : gradients)[formula]) return nullptr;
  return activation_loops<double>(formula).get(order, saved);
}

template <class Stored, int inputs>
void pointwise_as(int formula, Pointwise order, Saved saved, const Operands& o,
                  const ParameterValues& parameters) {
  const auto loop = activation_loops<opmath_t<Stored>>(formula).get(order, saved);
  if constexpr (!std::is_same_v<Stored, opmath_t<Stored>>) {
    const auto dense = find_half_loop<Stored>(formula, order, saved, Activations{});
    if (dense != nullptr && are_rows_dense<Stored, inputs + 1>(o)) {
      return for_each_dense_row<Stored, inputs>(
          o, [&](Stored* out, const Stored* const* in, std::int64_t size) {
            dense(out, in, size, parameters, o.stream);
          });
    }
    if (const auto exact = find_exact_loop(formula, order, saved, Activations{})) {
      RoundedExactly<Stored, inputs> rounding(exact, parameters, float_error(order));
      return walk<Stored, inputs>(o, loop, parameters, nullptr, rounding);
    }
  }
  walk<Stored, inputs>(o, loop, parameters);
}

template <class Stored>
void pointwise_as(int formula, Pointwise order, Saved saved, const Operands& o,
                  const ParameterValues& parameters) {
  switch (order) {
    case Pointwise::value:
      return pointwise_as<Stored, 1>(formula, order, saved, o, parameters);
    case Pointwise::backward:
      return pointwise_as<Stored, 2>(formula, order, saved, o, parameters);
    case Pointwise::double_backward:
      return pointwise_as<Stored, 3>(formula, order, saved, o, parameters);
  }
}

inline void pointwise(int formula, Pointwise order, Saved saved, Storage storage, const Operands& o,
                      const ParameterValues& parameters) {
  dispatch_storage(
      storage, [&]<class Stored>() { pointwise_as<Stored>(formula, order, saved, o, parameters); });
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
