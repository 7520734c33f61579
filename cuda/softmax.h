// The launchers of the softmax family. Each takes a stream, returns the error of its launch
// (cudaGetLastError right after it), and neither allocates nor waits. Without elements it launches
// nothing.
#pragma once

#include <act/rows.h>
#include <cuda_runtime_api.h>

namespace act::cuda {

// Dimensions that a launcher takes besides the rows' own, neighbours joined where that is possible.
inline constexpr int max_row_dims = 24;

// operands: out, x. The softmax of -x where `negate` (softmin).
cudaError_t softmax(const Rows&, Normalization, bool negate, cudaStream_t);

// operands: grad_input, grad_output, output.
cudaError_t softmax_backward(const Rows&, Normalization, bool negate, cudaStream_t);

}  // namespace act::cuda
