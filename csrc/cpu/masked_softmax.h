// The masked softmax family's CPU kernels of one instruction set, free of torch headers.
#pragma once

#include <act/softmax_elements.h>

#include "softmax.h"

namespace act::cpu {

struct MaskedSoftmaxKernels {
  // operands: out, x, mask. Does rows begin … end - 1.
  void (*forward)(const Rows&, Normalization, const Logits&, std::int64_t begin, std::int64_t end);

  // operands: grad_input, grad_output, output.
  void (*backward)(const Rows&, Normalization, const Logits&, std::int64_t begin, std::int64_t end);

  // As in SoftmaxKernels; the mask does not count among the operands.
  std::int64_t (*granularity)(const Rows&, int operands);
};

namespace baseline {
extern const MaskedSoftmaxKernels masked_softmax_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const MaskedSoftmaxKernels masked_softmax_kernels;
}
namespace avx512 {
extern const MaskedSoftmaxKernels masked_softmax_kernels;
}
#endif

}  // namespace act::cpu
