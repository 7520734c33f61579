// The row-wise kernels for processors without AVX2, and others than x86-64.
#define ACT_INSTRUCTION_SET baseline

#include "softmax_loops.h"
