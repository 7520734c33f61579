#include "level.h"

namespace act::batching {

void check_in_place(const char* op, const Batch& self, const Batch& other) {
  TORCH_CHECK(self.dim || !other.dim, "vmap: act::", op,
              ": the tensor written to is not vmapped over, another argument is; every sample "
              "would be written to the same memory. Use the op that is not in place");
}

at::Tensor& write_to_out(const char* op, const at::Tensor& result, at::Tensor& out) {
  TORCH_CHECK(out.scalar_type() == result.scalar_type(), "act::", op,
              ": expected out to have dtype ", result.scalar_type(), ", got ", out.scalar_type());
  TORCH_CHECK(out.sym_sizes() == result.sym_sizes(), "vmap: act::", op,
              ": expected out to have the shape of the result, ", result.sym_sizes(), ", got ",
              out.sym_sizes(), "; under vmap it can't be resized");
  return out.copy_(result);
}

}  // namespace act::batching
