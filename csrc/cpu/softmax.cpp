// The softmax family on the CPU and on meta tensors: shapes, strides and threads for the kernels.
#include "softmax.h"

#include <ATen/ops/empty.h>
#include <torch/library.h>

#include "../checks.h"
#include "../softmax_kernels.h"
#include "rows.h"

namespace act::cpu {
namespace {

// The dimension whose elements are nearest in memory, of those that have several.
int64_t nearest_dim(const at::Tensor& t) {
  int64_t nearest = -1;
  for (int64_t d = 0; d < t.dim(); ++d) {
    if (t.size(d) > 1 && (nearest < 0 || t.stride(d) < t.stride(nearest))) nearest = d;
  }
  return nearest;
}

// Along a dimension of size 1 no element has to do with another one, so that any order will do:
// where input and result lie in different ones, a row runs along the input's.
template <std::size_t count, class Granularity, class Run>
void for_each_softmax_row(const std::array<at::Tensor, count>& tensors, int64_t dim,
                          Granularity granularity, Run run) {
  const bool single = tensors[0].dim() > 0 && tensors[0].size(dim) == 1;
  if (single) {
    const int64_t nearest = nearest_dim(tensors[1]);
    if (nearest != nearest_dim(tensors[0])) dim = nearest;
  }
  for_each_row(tensors, dim, granularity, run, single);
}

struct Device : RowDevice {
  static void forward(const std::array<at::Tensor, 2>& tensors, int64_t dim,
                      Normalization normalization, bool negate) {
    const auto* family = kernels().softmax;
    for_each_softmax_row(
        tensors, dim, [=](const Rows& rows) { return family->granularity(rows, 2); },
        [=](const Rows& rows, int64_t begin, int64_t end) {
          family->forward(rows, normalization, negate, begin, end);
        });
  }
  static void backward(const std::array<at::Tensor, 3>& tensors, int64_t dim,
                       Normalization normalization, bool negate) {
    const auto* family = kernels().softmax;
    for_each_softmax_row(
        tensors, dim, [=](const Rows& rows) { return family->granularity(rows, 3); },
        [=](const Rows& rows, int64_t begin, int64_t end) {
          family->backward(rows, normalization, negate, begin, end);
        });
  }
};

// Contiguous results, whatever the input's layout, as torch's.
template <Member member>
struct Meta {
  static constexpr const char* name = name_of(member);

  static at::Tensor value(const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    const at::ScalarType type = result_dtype(name, self, dtype);
    wrap_dim(name, dim, self.dim());
    return at::empty_symint(self.sym_sizes(), self.options().dtype(type));
  }
  static at::Tensor& out(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype,
                         at::Tensor& result) {
    const at::ScalarType type = result_dtype(name, self, dtype);
    wrap_dim(name, dim, self.dim());
    check_out(name, result, self, type);
    if (result.sym_sizes() != self.sym_sizes()) result.resize__symint(self.sym_sizes());
    return result;
  }
  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    check_softmax_backward(name, grad_output, output, input_dtype);
    wrap_dim(name, dim, output.dim());
    return at::empty_symint(output.sym_sizes(), output.options().dtype(input_dtype));
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) { implement_softmax<act::SoftmaxKernels<Device>::Kernel>(m); }

TORCH_LIBRARY_IMPL(act, Meta, m) { implement_softmax<Meta>(m); }

}  // namespace
}  // namespace act::cpu
