#include "gated_formulas.cuh"

template cudaError_t act::cuda::gated_as<act::HalfBits>(int, act::Pointwise,
                                                        const act::cuda::Operands&,
                                                        const act::ParameterValues&, cudaStream_t);
