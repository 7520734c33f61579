#include "bias_act.cuh"

template cudaError_t act::cuda::bias_act_as<float>(const act::cuda::BiasActCall&);
