// The launchers of glu. Its operands are views of the input's halves.
#pragma once

#include <act/storage.h>

#include "operands.h"

namespace act::cuda {

// (out, a, b).
cudaError_t glu(Storage, const Operands&, cudaStream_t);

// (grad_a, grad_b, grad_output, a, b): two results.
cudaError_t glu_backward(Storage, const Operands&, cudaStream_t);

}  // namespace act::cuda
