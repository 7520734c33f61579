// The softmax family on the CPU and on meta tensors: shapes, strides and threads for the kernels.
#include "softmax.h"

#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>

#include "../checks.h"
#include "../row_layout.h"
#include "../softmax_kernels.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

// Calls run(rows, begin, end) for all rows, from several threads.
template <std::size_t count, class Run>
void for_each_row(const std::array<at::Tensor, count>& tensors, int64_t dim, Run run) {
  const RowLayout<count> layout(tensors, dim);
  const Rows rows{layout.rows(), should_stream(tensors)};
  const int64_t total = rows.count();
  const int64_t unit = kernels().softmax->granularity(rows, static_cast<int>(count));
  const int64_t units = (total + unit - 1) / unit;
  const int64_t least = std::max<int64_t>(1, grain / (unit * rows.size));
  at::parallel_for(0, units, least, [&](int64_t begin, int64_t end) {
    run(rows, begin * unit, std::min(end * unit, total));
  });
}

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty(at::IntArrayRef sizes, const at::TensorOptions& options) {
    at::Tensor result = at::detail::empty_cpu(sizes, options);
    advise_huge_pages(result.mutable_data_ptr(), result.nbytes());
    return result;
  }
  static void forward(const std::array<at::Tensor, 2>& tensors, int64_t dim,
                      Normalization normalization, bool negate) {
    for_each_row(tensors, dim, [=](const Rows& rows, int64_t begin, int64_t end) {
      kernels().softmax->forward(rows, normalization, negate, begin, end);
    });
  }
  static void backward(const std::array<at::Tensor, 3>& tensors, int64_t dim,
                       Normalization normalization, bool negate) {
    for_each_row(tensors, dim, [=](const Rows& rows, int64_t begin, int64_t end) {
      kernels().softmax->backward(rows, normalization, negate, begin, end);
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
