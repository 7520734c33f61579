// glu's CPU kernels of one instruction set, free of torch headers.
#pragma once

#include "kernels.h"

namespace act::cpu {

struct GluKernels {
  // (out, a, b), the halves of the input.
  void (*value)(Storage, const Operands&);

  // (grad_a, grad_b, grad_output, a, b): two results.
  void (*backward)(Storage, const Operands&);
};

namespace baseline {
extern const GluKernels glu_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const GluKernels glu_kernels;
}
namespace avx512 {
extern const GluKernels glu_kernels;
}
#endif

}  // namespace act::cpu
