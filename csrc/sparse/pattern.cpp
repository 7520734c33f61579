#include "pattern.h"

#include <ATen/ops/_sparse_compressed_tensor_unsafe.h>
#include <ATen/ops/_sparse_coo_tensor_unsafe.h>
#include <ATen/ops/resize_as_sparse.h>

#include <tuple>

namespace act::sparse {
namespace {

// Of a compressed layout: the indices that are compressed, and the plain ones.
std::tuple<at::Tensor, at::Tensor> compressed_indices(const at::Tensor& tensor) {
  const bool by_row = tensor.layout() == at::kSparseCsr || tensor.layout() == at::kSparseBsr;
  if (by_row) return {tensor.crow_indices(), tensor.col_indices()};
  return {tensor.ccol_indices(), tensor.row_indices()};
}

bool same_pattern(const at::Tensor& a, const at::Tensor& b) {
  if (a.layout() != b.layout()) return false;
  if (a.layout() == at::kSparse) return a._indices().equal(b._indices());
  const auto [compressed, plain] = compressed_indices(a);
  const auto [other_compressed, other_plain] = compressed_indices(b);
  return a.values().sizes() == b.values().sizes() && compressed.equal(other_compressed) &&
         plain.equal(other_plain);
}

}  // namespace

at::Tensor without_duplicates(const at::Tensor& tensor) {
  return tensor.layout() == at::kSparse ? tensor.coalesce() : tensor;
}

at::Tensor values_of(const at::Tensor& tensor) {
  return tensor.layout() == at::kSparse ? tensor._values() : tensor.values();
}

at::Tensor with_values(const at::Tensor& like, const at::Tensor& values) {
  if (like.layout() == at::kSparse) {
    return at::_sparse_coo_tensor_unsafe(like._indices(), values, like.sizes(),
                                         values.scalar_type(), at::kSparse, values.device(), false,
                                         /*is_coalesced=*/true);
  }
  const auto [compressed, plain] = compressed_indices(like);
  return at::_sparse_compressed_tensor_unsafe(compressed, plain, values, like.sizes(),
                                              values.scalar_type(), like.layout(), values.device(),
                                              /*pin_memory=*/false);
}

at::Tensor values_at(const at::Tensor& tensor, const at::Tensor& mask) {
  if (tensor.layout() == at::kStrided) return values_of(tensor.sparse_mask(mask));
  const at::Tensor own = without_duplicates(tensor);
  if (same_pattern(own, mask)) return values_of(own);
  if (own.layout() == at::kSparse && mask.layout() == at::kSparse) {
    return own.sparse_mask(mask)._values();
  }
  // torch has no intersection of compressed patterns.
  return values_of(own.to_dense().sparse_mask(mask));
}

void check_without_duplicates(const char* op, const at::Tensor& self) {
  TORCH_CHECK(self.layout() != at::kSparse || self.is_coalesced(), "act::", op,
              "_: expected a coalesced tensor: what is written in place are its values, and a "
              "function of a sum is not the sum of the functions");
}

at::Tensor& write_out(const char* op, at::Tensor& out, const at::Tensor& result) {
  TORCH_CHECK(out.layout() == result.layout(), "act::", op, ": expected out to have layout ",
              result.layout(), ", got ", out.layout());
  if (out.layout() != at::kSparse) at::resize_as_sparse_(out, result);
  return out.copy_(result);
}

}  // namespace act::sparse
