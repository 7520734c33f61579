#include "parametric.h"

using namespace act;

extern "C" int launch_parametric(int formula, Storage storage, const cuda::Operands* operands,
                                 const ParameterValues* scalars) {
  return cuda::parametric(formula, storage, *operands, *scalars, nullptr);
}
