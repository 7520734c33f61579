// A sparse tensor as a pattern and the values on it: COO, hybrid or not, and the compressed
// layouts.
#pragma once

#include <ATen/core/Tensor.h>

namespace act::sparse {

// The same tensor with one value for each specified element: a COO one coalesced, for to add up
// duplicates is not what a function of them does.
at::Tensor without_duplicates(const at::Tensor& tensor);

// The values of such a tensor.
at::Tensor values_of(const at::Tensor& tensor);

// A tensor with the pattern of `like` and these values.
at::Tensor with_values(const at::Tensor& like, const at::Tensor& values);

// The values of `tensor`, of any layout, on the pattern of `mask`; where it specifies none, 0.
at::Tensor values_at(const at::Tensor& tensor, const at::Tensor& mask);

// f of the values of `saved` and those of gradients on its pattern. Gradients may come in any
// layout: a dense activation can be followed by a sparse op.
template <class Function, class... Gradients>
at::Tensor on_pattern_of(const at::Tensor& saved, Function f, const Gradients&... gradients) {
  if (saved.layout() == at::kStrided) return f(saved, gradients.to_dense()...);
  const at::Tensor pattern = without_duplicates(saved);
  return with_values(pattern, f(values_of(pattern), values_at(gradients, pattern)...));
}

// What an in-place op may write to.
void check_without_duplicates(const char* op, const at::Tensor& self);

// Gives an out= tensor pattern and values of `result`.
at::Tensor& write_out(const char* op, at::Tensor& out, const at::Tensor& result);

}  // namespace act::sparse
