// The softmax family's CPU kernels of one instruction set, free of torch headers.
#pragma once

#include <act/rows.h>

#include "kernels.h"

namespace act::cpu {

struct Rows : act::Rows {
  bool stream;  // as in Operands
  // Each element is a row by itself: those that are walked together are called a row here.
  bool single;
};

struct SoftmaxKernels {
  // operands: out, x. The softmax of -x where `negate` (softmin). Does rows begin … end - 1.
  void (*forward)(const Rows&, Normalization, bool negate, std::int64_t begin, std::int64_t end);

  // operands: grad_input, grad_output, output.
  void (*backward)(const Rows&, Normalization, bool negate, std::int64_t begin, std::int64_t end);

  // How many rows are computed side by side: 1 or a number that begin and end should be multiples
  // of.
  std::int64_t (*granularity)(const Rows&, int operands);
};

namespace baseline {
extern const SoftmaxKernels softmax_kernels;
}
#if defined(__x86_64__)
namespace avx2 {
extern const SoftmaxKernels softmax_kernels;
}
namespace avx512 {
extern const SoftmaxKernels softmax_kernels;
}
#endif

}  // namespace act::cpu
