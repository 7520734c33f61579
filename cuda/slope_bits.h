// The launchers of slope bits: two for each element, 0 the low slope, 1 the high one, 2 NaN; the
// first of four elements is in the lowest bits of a byte.
#pragma once

#include <act/declaration.h>
#include <act/storage.h>
#include <cuda_runtime_api.h>

#include <cstdint>

namespace act::cuda {

// Dense rows of so many elements each, whose bits begin at a byte of their own. `formula` counts in
// act::Activations and has two slopes.
cudaError_t slope_bits(int formula, Storage, const void* self, std::uint8_t* bits,
                       std::int64_t rows, std::int64_t elements, const ParameterValues&,
                       cudaStream_t);

cudaError_t backward_from_bits(int formula, Storage, void* grad_input, const void* grad_output,
                               const std::uint8_t* bits, std::int64_t rows, std::int64_t elements,
                               const ParameterValues&, cudaStream_t);

}  // namespace act::cuda
