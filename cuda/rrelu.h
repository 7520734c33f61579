// The launchers of rrelu in training. The slope of the element at place i of the tensor (counted in
// row-major order, whatever the layout) is that of the CPU for the same Philox state.
#pragma once

#include <act/elementary/philox.h>
#include <act/storage.h>

#include "operands.h"

namespace act::cuda {

// Uniform in [lower, upper). The tensor consists of samples of so many elements each, with a state
// of their own, on the device; within one, an element's place counts.
struct RandomSlopes {
  double lower;
  double upper;
  const elementary::PhiloxState* states;
  std::int64_t elements_per_state;
};

// value: (out, x). backward: (grad_input, grad_output, x or the result).
// value_and_slopes: (out, slopes, x); the slopes are what a gradient is multiplied by, in the type
// that x is computed in.
enum class Rrelu { value, backward, value_and_slopes };

// Of `size` elements in row-major order without gaps.
struct DenseRrelu {
  char* operand[3];
  std::int64_t size;
};
cudaError_t rrelu(Rrelu, Storage, const DenseRrelu&, const RandomSlopes&, cudaStream_t);

// One more operand, which is never read: its addresses, less an origin, are the elements' places,
// times the size of an element.
cudaError_t rrelu(Rrelu, Storage, const Operands&, const char* origin, const RandomSlopes&,
                  cudaStream_t);

// (grad_input, grad_output, slopes).
cudaError_t rrelu_backward_from_slopes(Storage, const Operands&, cudaStream_t);

}  // namespace act::cuda
