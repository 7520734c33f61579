// The CPU kernels of bias and activation of one instruction set, free of torch headers.
#pragma once

#include "kernels.h"

namespace act::cpu {

struct BiasActKernels {
  // (out, x, bias): activation(x + bias), the bias's stride 0 along dimensions that share one.
  // `formula` counts in act::Activations.
  void (*value)(int formula, Storage, const Operands&, const ParameterValues&);

  // (grad_input, grad_output, saved, bias); the bias is read only where the input was saved. Adds
  // the gradient of each channel's bias to bias_sums[channel]; the channel is the bias's place in
  // the contiguous ones that begin at `bias`.
  void (*backward)(int formula, Saved, Storage, const Operands&, const ParameterValues&,
                   const char* bias, double* bias_sums);
};

namespace baseline {
extern const BiasActKernels bias_act_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const BiasActKernels bias_act_kernels;
}
namespace avx512 {
extern const BiasActKernels bias_act_kernels;
}
#endif

}  // namespace act::cpu
