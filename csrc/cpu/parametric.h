// The CPU kernels of one instruction set for activations whose parameters are tensors, free of
// torch headers. `formula` counts in act::ParametricActivations.
#pragma once

#include "kernels.h"

namespace act::cpu {

// Where the gradient of a parameter is added up, in double: that of the element which lies k
// elements behind `first_parameter` in sums[k].
struct ParameterSums {
  const char* first_parameter;
  double* sums;
};

struct ParametricLoops {
  // (out, x, parameters), with stride 0 along dimensions that share one.
  void (*value)(int formula, Storage, const Operands&, const ParameterValues&);

  // The values of a half type at all its numbers, each parameter being one value of that type. And
  // (out, x) from them.
  void (*tabulate)(int formula, Storage, void* table, const void* const* parameters,
                   const ParameterValues&);
  void (*value_from_table)(Storage, const void* table, const Operands&);

  // (grad_input, grad_output, x, contiguous parameters). Adds to the sums of each parameter.
  void (*backward)(int formula, Storage, const Operands&, const ParameterValues&,
                   const ParameterSums*);
};

namespace baseline {
extern const ParametricLoops parametric_loops;
}
#if defined(__x86_64__)
namespace avx2 {
extern const ParametricLoops parametric_loops;
}
namespace avx512 {
extern const ParametricLoops parametric_loops;
}
#endif

}  // namespace act::cpu
