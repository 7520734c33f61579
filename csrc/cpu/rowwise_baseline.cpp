// The row-wise kernels for processors without AVX2, and others than x86-64.
#define ACT_INSTRUCTION_SET baseline
#define ACT_VECTOR_BYTES 16

#include "softmax_loops.h"
