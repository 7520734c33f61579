// Samples whose random numbers are drawn from Philox states.
#pragma once

#include "level.h"

namespace act::batching {

// A state for each sample, also where they share one: an element's number depends on its place in
// its own sample.
template <std::size_t count>
struct Samples {
  std::array<at::Tensor, count> tensors;
  at::Tensor state;
  std::optional<int64_t> dim;
};

template <class... Tensors>
Samples<sizeof...(Tensors)> samples(const Level& level, const at::Tensor& state,
                                    const Tensors&... tensors) {
  const Batch states = level.unwrap(state);
  const std::array<Batch, sizeof...(Tensors)> batches{level.unwrap(tensors)...};
  bool any = states.dim.has_value();
  for (const Batch& batch : batches) any |= batch.dim.has_value();
  const auto bring = [&](const Batch& batch) {
    return any ? batch.with_batch_at(0, level.size()) : batch.tensor;
  };
  Samples<sizeof...(Tensors)> result;
  for (std::size_t k = 0; k < batches.size(); ++k) result.tensors[k] = bring(batches[k]);
  result.state = bring(states);
  if (any) result.dim = 0;
  return result;
}

}  // namespace act::batching
