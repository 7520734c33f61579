// The softmax family on nested tensors in the strided layout: tensor by tensor.
#include <ATen/ops/cat.h>
#include <torch/library.h>

#include <vector>

#include "../normalization.h"
#include "buffer.h"

namespace act::nested {
namespace {

// The dimension of each tensor in the batch.
int64_t inner_dim(const char* op, int64_t dim, const at::Tensor& nested) {
  dim = wrap_dim(op, dim, nested.dim());
  TORCH_CHECK(dim != 0, "act::", op, ": expected a dimension of the tensors in a nested one, got ",
              "the batch's, 0");
  return dim - 1;
}

template <class Function, class... Others>
at::Tensor one_by_one(Function f, const at::Tensor& first, const Others&... others) {
  std::vector<at::Tensor> parts;
  const std::vector<std::vector<at::Tensor>> rows{first.unbind(), others.unbind()...};
  if (rows[0].empty()) return with_buffer(first, buffer_of(first));
  for (std::size_t k = 0; k < rows[0].size(); ++k) {
    std::vector<at::Tensor> row;
    for (const std::vector<at::Tensor>& tensors : rows) row.push_back(tensors[k]);
    parts.push_back(f(row).reshape({-1}));
  }
  return with_buffer(first, at::cat(parts));
}

template <Member member>
struct Kernel {
  static constexpr const char* name = name_of(member);

  static at::Tensor value(const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    dim = inner_dim(name, dim, self);
    return one_by_one(
        [&](const auto& row) { return softmax_op<member>().call(row[0], dim, dtype); }, self);
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    dim = inner_dim(name, dim, output);
    check_same_sizes(name, "grad_output", grad_output, output);
    return one_by_one(
        [&](const auto& row) {
          return softmax_backward_op<member>().call(row[1], row[0], dim, input_dtype);
        },
        output, grad_output);
  }
};

TORCH_LIBRARY_IMPL(act, NestedTensorCPU, m) { implement_softmax<Kernel>(m); }
TORCH_LIBRARY_IMPL(act, NestedTensorCUDA, m) { implement_softmax<Kernel>(m); }

}  // namespace
}  // namespace act::nested
