// The softmax family of sparse COO tensors, hybrid ones too. Unspecified elements count as -inf
// (for softmin as inf), so that the result has the input's indices, and a row consists of the
// specified elements alone.
#include <ATen/core/Tensor.h>
#include <ATen/ops/argsort.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/unique_consecutive.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <vector>

#include "../normalization.h"
#include "pattern.h"

namespace act::sparse {
namespace {

// The specified elements ordered so that each row's lie together, and rows of equal length follow
// each other: those can be normalised as one dense tensor.
struct Grouping {
  struct Run {
    int64_t begin, rows, length;
  };
  at::Tensor order;
  std::vector<Run> runs;
};

// Everything but the runs stays on the tensor's device; how many there are, and how long, is the
// one thing that the host has to know, and waits for.
Grouping group(const at::Tensor& coalesced, int64_t dim) {
  const at::Tensor indices = coalesced._indices();
  const int64_t specified = indices.size(1);
  // One number for the indices of all sparse dimensions but dim.
  at::Tensor key = at::zeros({specified}, indices.options());
  for (int64_t d = 0; d < coalesced.sparse_dim(); ++d) {
    if (d != dim) key.mul_(coalesced.size(d)).add_(indices.select(0, d));
  }
  const auto sorted = [](const at::Tensor& keys) {
    return at::argsort(keys, /*stable=*/true, /*dim=*/0, /*descending=*/false);
  };
  const at::Tensor by_row = sorted(key);
  const auto [rows, row, length_of_row] = at::unique_consecutive(
      key.index_select(0, by_row), /*return_inverse=*/true, /*return_counts=*/true);
  const at::Tensor length = length_of_row.index_select(0, row);
  const at::Tensor by_length = sorted(length);
  const auto [lengths, run, elements] = at::unique_consecutive(
      length.index_select(0, by_length), /*return_inverse=*/false, /*return_counts=*/true);

  Grouping result{by_row.index_select(0, by_length), {}};
  const at::Tensor on_host = at::stack({lengths, elements}).cpu();
  const auto* numbers = on_host.const_data_ptr<int64_t>();
  int64_t begin = 0;
  for (int64_t r = 0; r < lengths.numel(); ++r) {
    const int64_t of_run = numbers[lengths.numel() + r];
    result.runs.push_back({begin, of_run / numbers[r], numbers[r]});
    begin += of_run;
  }
  return result;
}

// Applies a dense op to each run of `values`, viewed as [rows, length, dense sizes …], along the
// length.
template <class Op>
at::Tensor along_sparse_dim(const Grouping& grouping, at::ScalarType dtype,
                            const std::vector<at::Tensor>& values, Op op) {
  std::vector<at::Tensor> ordered;
  for (const at::Tensor& v : values) ordered.push_back(v.index_select(0, grouping.order));
  at::Tensor results = at::empty_like(values[0], values[0].options().dtype(dtype));
  for (const Grouping::Run& run : grouping.runs) {
    const int64_t elements = run.rows * run.length;
    std::vector<int64_t> sizes = values[0].sizes().vec();
    sizes[0] = run.length;
    sizes.insert(sizes.begin(), run.rows);
    std::vector<at::Tensor> parts;
    for (const at::Tensor& v : ordered)
      parts.push_back(v.narrow(0, run.begin, elements).view(sizes));
    results.index_copy_(0, grouping.order.narrow(0, run.begin, elements),
                        op(parts).reshape(results.narrow(0, 0, elements).sizes()));
  }
  return results;
}

template <Member member>
struct Kernel {
  static constexpr const char* name = name_of(member);

  static at::Tensor value(const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    const at::ScalarType type = result_dtype(name, self, dtype);
    dim = wrap_dim(name, dim, self.dim());
    const at::Tensor input = self.coalesce();
    const auto dense_op = [&](const at::Tensor& values, int64_t d) {
      return softmax_op<member>().call(values, d, type);
    };
    const at::Tensor values = input._values();
    if (dim >= input.sparse_dim()) {
      return with_values(input, dense_op(values, dim - input.sparse_dim() + 1));
    }
    return with_values(input, along_sparse_dim(group(input, dim), type, {values},
                                               [&](auto& parts) { return dense_op(parts[0], 1); }));
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    check_softmax_backward(name, grad_output, output, input_dtype);
    dim = wrap_dim(name, dim, output.dim());
    const at::Tensor y = output.coalesce();
    const at::Tensor grad = values_at(grad_output, y), values = y._values();
    const auto dense_op = [&](const at::Tensor& g, const at::Tensor& v, int64_t d) {
      return softmax_backward_op<member>().call(g, v, d, input_dtype);
    };
    if (dim >= y.sparse_dim()) {
      return with_values(y, dense_op(grad, values, dim - y.sparse_dim() + 1));
    }
    return with_values(
        y, along_sparse_dim(group(y, dim), input_dtype, {values, grad},
                            [&](auto& parts) { return dense_op(parts[1], parts[0], 1); }));
  }
};

TORCH_LIBRARY_IMPL(act, SparseCPU, m) { implement_softmax<Kernel>(m); }
TORCH_LIBRARY_IMPL(act, SparseCUDA, m) { implement_softmax<Kernel>(m); }

}  // namespace
}  // namespace act::sparse
