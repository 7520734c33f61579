// The launchers of gated activations.
#pragma once

#include <act/gradient.h>
#include <act/storage.h>

#include "operands.h"

namespace act::cuda {

// value: (out, gate, other). backward, with two results: (grad_gate, grad_other, grad_output, gate,
// other). `formula` counts in act::Activations.
cudaError_t gated(int formula, Pointwise, Storage, const Operands&, const ParameterValues&,
                  cudaStream_t);

// Of one dtype: gated_<dtype>.cu instantiates it, and they compile side by side. All but the
// sigmoid.
template <class Stored>
cudaError_t gated_as(int formula, Pointwise, const Operands&, const ParameterValues&, cudaStream_t);

// The sigmoid's, with the same operands.
cudaError_t glu(Storage, const Operands&, cudaStream_t);
cudaError_t glu_backward(Storage, const Operands&, cudaStream_t);

}  // namespace act::cuda
