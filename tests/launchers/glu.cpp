#include "gated.h"

using namespace act;

extern "C" int launch_glu(Storage storage, const cuda::Operands* operands) {
  return cuda::glu(storage, *operands, nullptr);
}

extern "C" int launch_glu_backward(Storage storage, const cuda::Operands* operands) {
  return cuda::glu_backward(storage, *operands, nullptr);
}
