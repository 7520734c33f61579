// For processors with AVX-512.
#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")
#define ACT_INSTRUCTION_SET avx512
#define ACT_VECTOR_BYTES 64

#include "errors_loop.h"
#endif
