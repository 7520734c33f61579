// For processors without AVX2, and others than x86-64.
#define ACT_INSTRUCTION_SET baseline

#include "all_loops.h"
