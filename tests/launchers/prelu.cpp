#include "prelu.h"

using namespace act;

extern "C" int launch_prelu_dense(Storage storage, const cuda::DenseChannels* arguments) {
  return cuda::prelu(storage, *arguments, nullptr);
}

extern "C" int launch_prelu(Storage storage, const cuda::Operands* operands) {
  return cuda::prelu(storage, *operands, nullptr);
}
