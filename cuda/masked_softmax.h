// The launchers of the masked softmax family; see softmax.h.
#pragma once

#include <act/rows.h>
#include <act/softmax_elements.h>
#include <cuda_runtime_api.h>

namespace act::cuda {

// operands: out, x, mask (a byte for each element; never read where the logits have no mask).
cudaError_t masked_softmax(const Rows&, Normalization, const Logits&, cudaStream_t);

// operands: grad_input, grad_output, output.
cudaError_t masked_softmax_backward(const Rows&, Normalization, const Logits&, cudaStream_t);

}  // namespace act::cuda
