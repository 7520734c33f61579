// vmap of gumbel_softmax's noise.
#include <torch/library.h>

#include "../gumbel_noise.h"
#include "philox_samples.h"

namespace act::batching {
namespace {

at::Tensor add_gumbel(const at::Tensor& self, const at::Tensor& state) {
  const Level level;
  const auto all = samples(level, state, self);
  return level.wrap(add_gumbel_op().call(all.tensors[0], all.state), all.dim);
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) { m.impl("add_gumbel", &add_gumbel); }

}  // namespace
}  // namespace act::batching
