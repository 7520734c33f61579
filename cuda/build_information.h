// How the CUDA kernels were built.
#pragma once

namespace act::cuda {

struct BuildInformation {
  const char* toolkit;
  const char* architectures;
};

BuildInformation build_information();

}  // namespace act::cuda
