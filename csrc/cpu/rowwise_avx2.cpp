// The row-wise kernels for processors with AVX2, FMA and F16C.
#if defined(__x86_64__)
#pragma GCC target("avx2,fma,f16c")
#define ACT_INSTRUCTION_SET avx2
#define ACT_VECTOR_BYTES 32

#include "softmax_loops.h"
#endif
