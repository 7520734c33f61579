// The kernels of activations and what is fused with them, for processors with AVX-512 (F, BW, DQ,
// VL).
#if defined(__x86_64__)
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c,prefer-vector-width=512")
#define ACT_INSTRUCTION_SET avx512
#define ACT_VECTOR_BYTES 64

#include "bias_act_loops.h"
#include "gated_loops.h"
#endif
