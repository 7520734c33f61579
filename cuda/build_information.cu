// A unit of nvcc's, which alone knows its release.
#include "build_information.h"

// setup.py names them.
#ifndef TORCH_ACT_ARCHITECTURES
#define TORCH_ACT_ARCHITECTURES "unknown"
#endif

#define TORCH_ACT_TEXT(x) #x
#define TORCH_ACT_RELEASE(major, minor) TORCH_ACT_TEXT(major) "." TORCH_ACT_TEXT(minor)

namespace act::cuda {

BuildInformation build_information() {
  return {TORCH_ACT_RELEASE(__CUDACC_VER_MAJOR__, __CUDACC_VER_MINOR__), TORCH_ACT_ARCHITECTURES};
}

}  // namespace act::cuda
