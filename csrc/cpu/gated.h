// The CPU kernels of gated activations of one instruction set, free of torch headers.
#pragma once

#include "kernels.h"

namespace act::cpu {

struct GatedKernels {
  // (out, gate, other): other · activation(gate). `formula` counts in act::Activations.
  void (*value)(int formula, Storage, const Operands&, const ParameterValues&);

  // (grad_gate, grad_other, grad_output, gate, other): two results.
  void (*backward)(int formula, Storage, const Operands&, const ParameterValues&);
};

namespace baseline {
extern const GatedKernels gated_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const GatedKernels gated_kernels;
}
namespace avx512 {
extern const GatedKernels gated_kernels;
}
#endif

}  // namespace act::cpu
