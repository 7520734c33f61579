#include "bias_act.cuh"

template cudaError_t act::cuda::bias_act_as<act::BFloat16Bits>(const act::cuda::BiasActCall&);
