// The noise of gumbel_softmax on the CPU and on meta tensors.
#include <ATen/EmptyTensor.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "../gumbel_noise.h"
#include "elementwise.h"
#include "random_states.h"

namespace act::cpu {
namespace {

at::Tensor add_gumbel(const at::Tensor& self, const at::Tensor& state) {
  check_add_gumbel(self, state);
  at::Tensor result = at::detail::empty_cpu(self.sizes(), self.options());
  advise_huge_pages(result);
  const at::Tensor places = places_of(self), states = state.contiguous();
  const RandomStates random = random_states(states, places);
  const Storage storage = storage_of(self);
  for_each_element(std::array{result, self, places},
                   [&](const Operands& o) { kernels().add_gumbel(storage, o, random); });
  return result;
}

at::Tensor add_gumbel_meta(const at::Tensor& self, const at::Tensor& state) {
  check_add_gumbel(self, state);
  return at::empty_like(self, at::MemoryFormat::Contiguous);
}

TORCH_LIBRARY_IMPL(act, CPU, m) { m.impl("add_gumbel", &add_gumbel); }
TORCH_LIBRARY_IMPL(act, Meta, m) { m.impl("add_gumbel", &add_gumbel_meta); }

}  // namespace
}  // namespace act::cpu
