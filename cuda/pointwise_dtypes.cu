#include "pointwise.h"

namespace act::cuda {

cudaError_t pointwise(int formula, Pointwise order, Saved saved, Storage storage,
                      const Operands& operands, const ParameterValues& parameters,
                      cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return pointwise_as<Stored>(formula, order, saved, operands, parameters, stream);
  });
}

}  // namespace act::cuda
