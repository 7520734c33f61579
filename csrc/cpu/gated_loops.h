// Gated activations: gate and other factor come as two operands; the backward yields the gradients
// of both at once.
#pragma once

#include <act/activations.h>
#include <act/formulas/glu.h>

#include "activation_loops.h"
#include "gated.h"
#include "two_results.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline constexpr int sigmoid_gate = Activations::index_of<formulas::Sigmoid>();

// The halves of a tensor alternate in memory, a row of each, unless the dimension is the first one:
// so the processor follows neither by itself, and where they do not come from the cache they are
// asked for ahead (a third less time).
template <class T>
void prefetch_both(const T* a, const T* b, std::int64_t size) {
  prefetch_lines(a, size);
  prefetch_lines(b, size);
}

template <class T>
inline constexpr std::int64_t gated_block = 2048 / static_cast<std::int64_t>(sizeof(T));

// Operands in the order in which gate and other factor lie in memory, which is the order that they
// are read and written in: a row's second half before its first one is what no processor expects
// (measured: twice the time for glu's backward in bfloat16).
template <int operands, int gate>
struct InMemoryOrder {
  char* data[operands];
  std::int64_t strides[2 * operands];
  Operands whole;
  bool exchanged;

  // With a backward's results, which lie alike, as operands 0 and 1.
  explicit InMemoryOrder(const Operands& o) : whole(o), exchanged(o.data[gate + 1] < o.data[gate]) {
    for (int k = 0; k < operands; ++k) {
      const bool paired = k >= gate || (gate > 2 && k < 2);
      const int first = k >= gate ? gate : 0;
      const int from = exchanged && paired ? 2 * first + 1 - k : k;
      data[k] = o.data[from];
      strides[k] = o.strides[from];
      strides[operands + k] = o.strides[operands + from];
    }
    whole.data = data;
    whole.strides = strides;
  }
  InMemoryOrder(const InMemoryOrder&) = delete;
};

// An activation with whatever derivative: its loop leaves a block in the L1 cache, which is then
// multiplied.
template <class T>
struct GatedValue {
  DenseLoop<T> activation;
  bool exchanged, from_memory;

  void operator()(T* out, const T* const* inputs, std::int64_t size,
                  const ParameterValues& parameters, bool stream) const {
    alignas(line_bytes) T block[gated_block<T>];
    for (std::int64_t begin = 0; begin < size; begin += gated_block<T>) {
      const std::int64_t rest = size - begin;
      const std::int64_t count = rest < gated_block<T> ? rest : gated_block<T>;
      const T* gate = inputs[exchanged ? 1 : 0] + begin;
      const T* other = inputs[exchanged ? 0 : 1] + begin;
      if (from_memory) prefetch_both(gate, other, count);
      activation(block, &gate, count, parameters, /*stream=*/false);
      const T* factor = block;
      compute_each<true>(out + begin, count, stream,
                         [=](std::int64_t i) ACT_INLINE_LAMBDA { return other[i] * factor[i]; });
    }
  }
};

// glu: the sigmoid's division gives the product at once, rounded once.
template <class T>
struct SigmoidGatedValue {
  bool exchanged, from_memory;

  void operator()(T* out, const T* const* inputs, std::int64_t size, const ParameterValues&,
                  bool stream) const {
    for (std::int64_t begin = 0; begin < size; begin += gated_block<T>) {
      const std::int64_t rest = size - begin;
      const std::int64_t count = rest < gated_block<T> ? rest : gated_block<T>;
      const T* gate = inputs[exchanged ? 1 : 0] + begin;
      const T* other = inputs[exchanged ? 0 : 1] + begin;
      if (from_memory) prefetch_both(gate, other, count);
      compute_each<true>(out + begin, count, stream, [=](std::int64_t i) ACT_INLINE_LAMBDA {
        return formulas::Glu<T>::value(other[i], gate[i]);
      });
    }
  }
};

inline void gated(int formula, Storage storage, const Operands& o,
                  const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    using T = opmath_t<Stored>;
    const bool from_memory = std::is_same_v<T, Stored> && is_from_memory<T>(o);
    const InMemoryOrder<3, 1> ordered(o);
    const bool exchanged = ordered.exchanged;
    if (formula == sigmoid_gate) {
      walk<Stored, 2>(ordered.whole, SigmoidGatedValue<T>{exchanged, from_memory}, parameters);
    } else {
      walk<Stored, 2>(ordered.whole,
                      GatedValue<T>{activation_loops<T>(formula).value, exchanged, from_memory},
                      parameters);
    }
  });
}

// With u = grad_output · other, the gradient of the gate is the activation's own backward.
template <class T>
struct GatedGradients {
  DenseLoop<T> activation, backward;
  bool exchanged;

  void operator()(T* first, T* second, const T* const* inputs, std::int64_t size,
                  const ParameterValues& parameters) const {
    T* grad_gate = exchanged ? second : first;
    T* grad_other = exchanged ? first : second;
    alignas(line_bytes) T block_of_gradients[gated_block<T>], block_of_values[gated_block<T>];
    T *u = block_of_gradients, *value = block_of_values;
    for (std::int64_t begin = 0; begin < size; begin += gated_block<T>) {
      const std::int64_t rest = size - begin;
      const std::int64_t count = rest < gated_block<T> ? rest : gated_block<T>;
      const T* g = inputs[0] + begin;
      const T* gate = inputs[exchanged ? 2 : 1] + begin;
      const T* other = inputs[exchanged ? 1 : 2] + begin;
      activation(value, &gate, count, parameters, /*stream=*/false);
#pragma GCC ivdep
      for (std::int64_t i = 0; i < count; ++i) {
        u[i] = g[i] * other[i];
        grad_other[begin + i] = g[i] * value[i];
      }
      const T* const of_backward[] = {u, gate};
      backward(grad_gate + begin, of_backward, count, parameters, /*stream=*/false);
    }
  }
};

template <class T>
struct SigmoidGatedGradients {
  bool exchanged;

  void operator()(T* first, T* second, const T* const* inputs, std::int64_t size,
                  const ParameterValues&) const {
    T* grad_gate = exchanged ? second : first;
    T* grad_other = exchanged ? first : second;
    const T* g = inputs[0];
    const T* gate = inputs[exchanged ? 2 : 1];
    const T* other = inputs[exchanged ? 1 : 2];
#pragma GCC ivdep
    for (std::int64_t i = 0; i < size; ++i) {
      const auto gradient = formulas::Glu<T>::gradient(other[i], gate[i]);
      grad_other[i] = g[i] * gradient.by_a;
      grad_gate[i] = g[i] * gradient.by_b;
    }
  }
};

inline void gated_backward(int formula, Storage storage, const Operands& o,
                           const ParameterValues& parameters) {
  dispatch_storage(storage, [&]<class Stored>() {
    using T = opmath_t<Stored>;
    const InMemoryOrder<5, 3> ordered(o);
    const bool exchanged = ordered.exchanged;
    if (formula == sigmoid_gate) {
      walk_two_results<Stored>(ordered.whole, SigmoidGatedGradients<T>{exchanged}, parameters);
    } else {
      const LoopsOf<T>& loops = activation_loops<T>(formula);
      walk_two_results<Stored>(
          ordered.whole, GatedGradients<T>{loops.value, loops.backward[0], exchanged}, parameters);
    }
  });
}

extern const GatedKernels gated_kernels{gated, gated_backward};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
