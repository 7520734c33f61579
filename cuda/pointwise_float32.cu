#include "pointwise.cuh"

template cudaError_t act::cuda::pointwise_as<float>(int, act::Pointwise, act::Saved,
                                                    const act::cuda::Operands&,
                                                    const act::ParameterValues&, cudaStream_t);
