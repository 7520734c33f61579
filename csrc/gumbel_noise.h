// What every kernel of add_gumbel asks of its arguments, and its dispatcher handle.
#pragma once

#include "checks.h"
#include "dispatcher.h"
#include "random_state.h"

namespace act {

// Half types would round the noise: whoever adds it converts to float32 before.
inline void check_add_gumbel(const at::Tensor& self, const at::Tensor& state) {
  TORCH_CHECK(self.scalar_type() == at::kFloat || self.scalar_type() == at::kDouble,
              "act::add_gumbel: expected a tensor of torch.float32 or torch.float64, got ",
              self.scalar_type());
  check_philox_state("add_gumbel", state, self);
}

inline const auto& add_gumbel_op() {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("add_gumbel");
  return op;
}

}  // namespace act
