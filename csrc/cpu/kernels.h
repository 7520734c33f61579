// The CPU kernels of one instruction set, free of torch headers: raw pointers, byte strides, two
// dimensions.
#pragma once

#include <act/elementary/philox.h>
#include <act/gradient.h>
#include <act/storage.h>

#include <cstdint>

namespace act::cpu {

// Operand 0 is the result, the others are read. `strides` holds the inner stride of each operand,
// then the outer one of each: as at::TensorIterator passes them.
struct Operands {
  char* const* data;
  const std::int64_t* strides;
  std::int64_t columns;
  std::int64_t rows;
  // Write past the caches: for results too large to be found there again.
  bool stream;
};

struct SoftmaxKernels;
struct MaskedSoftmaxKernels;
struct GatedKernels;
struct BiasActKernels;

struct Kernels {
  // value: (out, x). backward: (grad_input, grad_output, saved).
  // double_backward: (out, grad_grad_input, grad_output, saved). `formula` counts in
  // act::Activations.
  void (*pointwise)(int formula, Pointwise, Saved, Storage, const Operands&,
                    const ParameterValues&);

  // What a formula gives at all 65,536 numbers of a half type: its values, of that type, or its
  // derivatives, as float. And value and backward of `pointwise` from them.
  void (*tabulate)(int formula, Pointwise, Storage, void* table, const ParameterValues&);
  void (*pointwise_from_table)(int formula, Pointwise, Storage, const void* table, const Operands&,
                               const ParameterValues&);

  // Two bits for each of `size` dense elements, and the backward from them; see
  // slope_bits_loops.h.
  void (*slope_bits)(int formula, Storage, const void* self, std::uint8_t* bits, std::int64_t size,
                     const ParameterValues&);
  void (*backward_from_bits)(int formula, Storage, void* grad_input, const void* grad_output,
                             const std::uint8_t* bits, std::int64_t size, const ParameterValues&);

  // (out, x, weight), the weight's stride 0 along dimensions that share one.
  void (*prelu)(Storage, const Operands&);

  // (grad_input, grad_output, x, weight). Adds each channel's gradient to weight_sums[channel]; the
  // channel is the weight's place in the contiguous weights that begin at `weight`.
  void (*prelu_backward)(Storage, const Operands&, const char* weight, double* weight_sums);

  // (out, x, position): the last operand is never read; its address less `origin` is the element's
  // place in the tensor, which counts its random number.
  void (*rrelu)(Storage, const Operands&, const struct RandomSlopes&);

  // (grad_input, grad_output, saved, position).
  void (*rrelu_backward)(Storage, const Operands&, const struct RandomSlopes&);

  // (out, slopes, x, position) and (grad_input, grad_output, slopes): the slopes are of the type
  // that is computed in.
  void (*rrelu_with_slopes)(Storage, const Operands&, const struct RandomSlopes&);
  void (*rrelu_backward_from_slopes)(Storage, const Operands&);

  // (out, x, position): x + a number of the Gumbel distribution. float32 and float64 alone.
  void (*add_gumbel)(Storage, const Operands&, const struct RandomStates&);

  // Their units are others, so that they compile side by side with this one.
  const SoftmaxKernels* softmax;
  const MaskedSoftmaxKernels* masked_softmax;
  const GatedKernels* gated;
  const BiasActKernels* bias_act;
};

// What one random number for each element is drawn from. The tensor consists of samples of so many
// elements each, with a state of their own; within one, an element's place counts.
struct RandomStates {
  const elementary::PhiloxState* states;
  std::int64_t elements_per_state;
  const char* origin;
};

// Slopes uniform in [lower, upper), one for each element.
struct RandomSlopes : RandomStates {
  double lower;
  double upper;
};

namespace baseline {
extern const Kernels kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const Kernels kernels;
}
namespace avx512 {
extern const Kernels kernels;
}
#endif

// Those of the best instruction set that torch admits on this machine (ATEN_CPU_CAPABILITY).
const Kernels& kernels();

}  // namespace act::cpu
