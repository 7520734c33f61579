#include "parametric.h"

using namespace act;

extern "C" std::int64_t count_sums(const cuda::ParametricBackward* arguments) {
  return cuda::parametric_backward_sums(*arguments);
}

extern "C" int launch_parametric_backward(int formula, Storage storage,
                                          const cuda::ParametricBackward* arguments,
                                          const ParameterValues* scalars, double* sums) {
  return cuda::parametric_backward(formula, storage, *arguments, *scalars, sums, nullptr);
}
