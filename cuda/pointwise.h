// The launchers of the pointwise activations.
#pragma once

#include <act/gradient.h>
#include <act/storage.h>

#include "operands.h"

namespace act::cuda {

// value: (out, x). backward: (grad_input, grad_output, saved).
// double_backward: (out, grad_grad_input, grad_output, saved). `formula` counts in
// act::Activations.
cudaError_t pointwise(int formula, Pointwise, Saved, Storage, const Operands&,
                      const ParameterValues&, cudaStream_t);

// Of one dtype: pointwise_<dtype>.cu instantiates it, and they compile side by side.
template <class Stored>
cudaError_t pointwise_as(int formula, Pointwise, Saved, const Operands&, const ParameterValues&,
                         cudaStream_t);

}  // namespace act::cuda
