#include "build_information.h"

#include <torch/version.h>

#if defined(TORCH_ACT_CUDA)
#include "../cuda/build_information.h"
#endif
#include "cpu/kernels.h"

namespace act {
namespace {

const char* instruction_set() {
  const cpu::Kernels* chosen = &cpu::kernels();
#if defined(__x86_64__)
  if (chosen == &cpu::avx512::kernels) return "avx512";
  if (chosen == &cpu::avx2::kernels) return "avx2";
#endif
  (void)chosen;
  return "baseline";
}

}  // namespace

BuildInformation build_information() {
  BuildInformation information{TORCH_VERSION, "g++ " __VERSION__, instruction_set(), nullptr,
                               nullptr};
#if defined(TORCH_ACT_CUDA)
  const cuda::BuildInformation cuda = cuda::build_information();
  information.cuda_toolkit = cuda.toolkit;
  information.cuda_architectures = cuda.architectures;
#endif
  return information;
}

}  // namespace act
