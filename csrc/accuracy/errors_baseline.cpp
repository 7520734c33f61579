// For any processor.
#define ACT_INSTRUCTION_SET baseline
#define ACT_VECTOR_BYTES 16

#include "errors_loop.h"
