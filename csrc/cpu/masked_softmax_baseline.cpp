// The masked softmax family for processors without AVX2, and others than x86-64.
#define ACT_INSTRUCTION_SET baseline
#define ACT_VECTOR_BYTES 16

#include "masked_softmax_loops.h"
