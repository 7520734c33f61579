#include "bias_act.cuh"

template cudaError_t act::cuda::bias_act_as<double>(const act::cuda::BiasActCall&);
