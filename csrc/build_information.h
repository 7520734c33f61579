// How the library was built, and what it runs.
#pragma once

namespace act {

struct BuildInformation {
  const char* torch;
  const char* compiler;
  const char* instruction_set;  // of the CPU kernels, chosen at run time
  // Of the CUDA kernels; null where none were built.
  const char* cuda_toolkit;
  const char* cuda_architectures;
};

[[gnu::visibility("default")]] BuildInformation build_information();

}  // namespace act
