// For processors with AVX2.
#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#define ACT_INSTRUCTION_SET avx2
#define ACT_VECTOR_BYTES 32

#include "errors_loop.h"
#endif
