#include "rrelu.h"

using namespace act;

extern "C" int launch_rrelu_dense(cuda::Rrelu what, Storage storage, const cuda::DenseRrelu* data,
                                  const cuda::RandomSlopes* slopes) {
  return cuda::rrelu(what, storage, *data, *slopes, nullptr);
}

extern "C" int launch_rrelu(cuda::Rrelu what, Storage storage, const cuda::Operands* operands,
                            const char* origin, const cuda::RandomSlopes* slopes) {
  return cuda::rrelu(what, storage, *operands, origin, *slopes, nullptr);
}

extern "C" int launch_rrelu_backward_from_slopes(Storage storage, const cuda::Operands* operands) {
  return cuda::rrelu_backward_from_slopes(storage, *operands, nullptr);
}
