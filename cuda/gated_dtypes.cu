#include <act/activations.h>

#include "gated.h"

namespace act::cuda {

cudaError_t gated(int formula, Pointwise order, Storage storage, const Operands& operands,
                  const ParameterValues& parameters, cudaStream_t stream) {
  if (formula == Activations::index_of<formulas::Sigmoid>()) {
    return order == Pointwise::value ? glu(storage, operands, stream)
                                     : glu_backward(storage, operands, stream);
  }
  return dispatch_storage(storage, [&]<class Stored>() {
    return gated_as<Stored>(formula, order, operands, parameters, stream);
  });
}

}  // namespace act::cuda
