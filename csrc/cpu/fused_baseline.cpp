// The kernels of activations and what is fused with them, for processors without AVX2, and others
// than x86-64.
#define ACT_INSTRUCTION_SET baseline
#define ACT_VECTOR_BYTES 16

#include "bias_act_loops.h"
#include "gated_loops.h"
