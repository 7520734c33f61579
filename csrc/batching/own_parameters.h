// Samples with parameters of their own, one value each or one for each channel (dimension 1 of a
// sample): sample and channel together make the channels of one call.
#pragma once

#include <array>
#include <vector>

#include "level.h"

namespace act::batching {

// The sizes of one sample.
inline std::vector<c10::SymInt> sample_sizes(const Batch& batch) {
  std::vector<c10::SymInt> sizes = batch.tensor.sym_sizes().vec();
  if (batch.dim) sizes.erase(sizes.begin() + *batch.dim);
  return sizes;
}

// Samples that share their parameters: the vmapped dimension goes to the end, behind the channels.
inline at::Tensor channels_second(const Batch& self) {
  return self.dim ? self.tensor.movedim(*self.dim, -1) : self.tensor;
}

template <std::size_t count>
class OwnParameters {
 public:
  OwnParameters(const Level& level, const Batch& self, const std::array<Batch, count>& parameters)
      : size_(level.size()), self_dims_(self.logical_dims()) {
    for (std::size_t k = 0; k < count; ++k) {
      sizes_[k] = sample_sizes(parameters[k]);
      if (!is_single(k)) channels_ = sizes_[k][0];
    }
    for (std::size_t k = 0; k < count; ++k) {
      at::Tensor all = parameters[k].with_batch_at(0, size_);
      if (channels_ && is_single(k)) {
        all = all.reshape_symint({size_, 1}).expand_symint({size_, *channels_});
      }
      parameters_[k] = all.reshape_symint({-1});
    }
  }

  const std::array<at::Tensor, count>& parameters() const { return parameters_; }

  // (N, C, …) of each sample to (N, B·C, …), or to (N, B, …) where each parameter is one value.
  at::Tensor channels_of(const Batch& batch) const {
    const at::Tensor x = batch.with_batch_at(batch_dim(), size_);
    if (self_dims_ == 0) return x.unsqueeze(0);
    return channels_ ? x.flatten(1, 2) : x;
  }
  // What channels_of made, as it was, with the vmapped dimension at batch_dim().
  at::Tensor samples_of(const at::Tensor& channels) const {
    if (self_dims_ == 0) return channels.squeeze(0);
    return channels_ ? channels.unflatten_symint(1, {size_, *channels_}) : channels;
  }
  int64_t batch_dim() const { return self_dims_ == 0 ? 0 : 1; }

  // The gradients of parameter k, with the vmapped dimension first.
  at::Tensor gradients_of_samples(const at::Tensor& gradients, std::size_t k) const {
    std::vector<c10::SymInt> sizes = sizes_[k];
    sizes.insert(sizes.begin(), size_);
    const bool spread = channels_ && is_single(k);
    return (spread ? gradients.reshape_symint({size_, *channels_}).sum(1) : gradients)
        .reshape_symint(sizes);
  }

 private:
  bool is_single(std::size_t k) const { return sizes_[k].empty() || sizes_[k][0] == 1; }

  c10::SymInt size_;
  int64_t self_dims_;
  std::array<std::vector<c10::SymInt>, count> sizes_;
  std::optional<c10::SymInt> channels_;
  std::array<at::Tensor, count> parameters_;
};

}  // namespace act::batching
