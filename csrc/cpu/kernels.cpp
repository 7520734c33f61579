// Picks the instruction set once, by torch's own word: it knows the machine and honours
// ATEN_CPU_CAPABILITY.
#include "kernels.h"

#include <ATen/Version.h>

#include <string>

namespace act::cpu {

const Kernels& kernels() {
  static const Kernels& chosen = []() -> const Kernels& {
#if defined(__x86_64__)
    const std::string capability = at::get_cpu_capability();
    if (capability.starts_with("AVX512")) return avx512::kernels;
    if (capability.starts_with("AVX2")) return avx2::kernels;
#endif
    return baseline::kernels;
  }();
  return chosen;
}

}  // namespace act::cpu
