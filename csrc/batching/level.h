// What the batching rules of torch.func.vmap share. A rule takes its tensors out of the current
// level, so that the vmapped dimension becomes an ordinary one, calls the op once on all of it, and
// puts the results back.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/functorch/BatchedTensorImpl.h>
#include <ATen/functorch/DynamicLayer.h>
#include <ATen/functorch/PlumbingHelper.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <array>
#include <optional>

namespace act::batching {

// A tensor of one level: `dim` of it is vmapped over; without one, all samples share the tensor.
struct Batch {
  at::Tensor tensor;
  std::optional<int64_t> dim;

  int64_t logical_dims() const { return tensor.dim() - (dim ? 1 : 0); }

  // The vmapped dimension at `place`; samples that share the tensor read the same memory.
  at::Tensor with_batch_at(int64_t place, const c10::SymInt& size) const {
    if (dim) return tensor.movedim(*dim, place);
    std::vector<c10::SymInt> sizes = tensor.sym_sizes().vec();
    sizes.insert(sizes.begin() + place, size);
    return tensor.unsqueeze(place).expand_symint(sizes);
  }
};

// While one exists, ops called are those below this level.
class Level {
 public:
  Level() : id_(at::functorch::maybeCurrentDynamicLayer()->layerId()) {}

  Batch unwrap(const at::Tensor& tensor) const {
    auto [inner, dim] = at::functorch::unwrapTensorAtLevel(tensor, id_);
    return {std::move(inner), dim};
  }
  at::Tensor wrap(const at::Tensor& result, std::optional<int64_t> dim) const {
    return dim ? at::functorch::makeBatched(result, *dim, id_) : result;
  }
  c10::SymInt size() const { return at::functorch::maybeCurrentDynamicLayer()->batchSize(); }

 private:
  c10::impl::ExcludeDispatchKeyGuard guard_{c10::DispatchKey::FuncTorchBatched};
  int64_t id_;
};

// Tensors with the vmapped dimension in one place for all, or in none.
template <std::size_t count>
struct Aligned {
  std::array<at::Tensor, count> tensors;
  std::optional<int64_t> dim;
};

template <class... Tensors>
Aligned<sizeof...(Tensors)> align(const Level& level, const Tensors&... tensors) {
  const std::array<Batch, sizeof...(Tensors)> batches{level.unwrap(tensors)...};
  Aligned<sizeof...(Tensors)> result;
  bool differ = false;
  for (const Batch& batch : batches) {
    differ |= batch.dim != batches[0].dim;
    if (batch.dim) result.dim = differ ? 0 : *batch.dim;
  }
  if (differ) result.dim = 0;
  for (std::size_t k = 0; k < batches.size(); ++k) {
    result.tensors[k] = differ ? batches[k].with_batch_at(0, level.size()) : batches[k].tensor;
  }
  return result;
}

// Writing many samples into memory that they share is refused.
void check_in_place(const char* op, const Batch& self, const Batch& other);

// out= under vmap: a vmapped tensor can't be resized.
at::Tensor& write_to_out(const char* op, const at::Tensor& result, at::Tensor& out);

}  // namespace act::batching
