#include "gated.h"

using namespace act;

extern "C" int launch_gated(int formula, Pointwise order, Storage storage,
                            const cuda::Operands* operands, const ParameterValues* parameters) {
  return cuda::gated(formula, order, storage, *operands, *parameters, nullptr);
}
