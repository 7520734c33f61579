// The two halves of glu's input, as views.
#pragma once

#include <ATen/core/Tensor.h>

#include "checks.h"
#include "normalization.h"

namespace act {

struct Halves {
  at::Tensor a, b;
};

inline Halves halves(const at::Tensor& self, int64_t dim) {
  check_floating_point("glu", self);
  TORCH_CHECK(self.dim() > 0,
              "act::glu: expected a tensor with at least one dimension, got one without");
  dim = wrap_dim("glu", dim, self.dim());
  const c10::SymInt size = self.sym_size(dim);
  TORCH_CHECK(size % 2 == 0, "act::glu: expected an even size of dimension ", dim, ", got ", size);
  const c10::SymInt half = size / 2;
  return {self.narrow_symint(dim, 0, half), self.narrow_symint(dim, half, half)};
}

}  // namespace act
