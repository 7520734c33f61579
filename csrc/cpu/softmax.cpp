// The softmax family on the CPU and on meta tensors: shapes, strides and threads for the kernels.
#include "softmax.h"

#include <ATen/EmptyTensor.h>
#include <ATen/MemoryOverlap.h>
#include <ATen/Parallel.h>
#include <ATen/native/Resize.h>
#include <ATen/ops/empty.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "../checks.h"
#include "../normalization.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

// The other dimensions than `dim`, the nearest in memory first, neighbours joined to one where all
// operands allow it: what the kernels count rows by.
template <std::size_t count>
class RowLayout {
 public:
  RowLayout(const std::array<at::Tensor, count>& tensors, int64_t dim) {
    const at::Tensor& first = tensors[0];
    std::vector<int64_t> others;
    for (int64_t d = first.dim() - 1; d >= 0; --d) {
      if (d != dim && first.size(d) != 1) others.push_back(d);
    }
    const auto distance = [&](int64_t d) {
      int64_t sum = 0;
      for (const at::Tensor& t : tensors) sum += std::abs(t.stride(d)) * t.element_size();
      return sum;
    };
    std::stable_sort(others.begin(), others.end(),
                     [&](int64_t a, int64_t b) { return distance(a) < distance(b); });
    for (const int64_t d : others) {
      const auto continues = [&] {
        if (sizes_.empty()) return false;
        for (std::size_t k = 0; k < count; ++k) {
          if (tensors[k].stride(d) * tensors[k].element_size() !=
              strides_[k].back() * sizes_.back()) {
            return false;
          }
        }
        return true;
      };
      if (continues()) {
        sizes_.back() *= first.size(d);
        continue;
      }
      sizes_.push_back(first.size(d));
      for (std::size_t k = 0; k < count; ++k) {
        strides_[k].push_back(tensors[k].stride(d) * tensors[k].element_size());
      }
    }
    rows_.size = first.dim() == 0 ? 1 : first.size(dim);
    rows_.dims = static_cast<int>(sizes_.size());
    rows_.stream = should_stream(tensors);
    rows_.sizes = sizes_.data();
    for (std::size_t k = 0; k < count; ++k) {
      const at::Tensor& t = tensors[k];
      const int64_t step = t.dim() == 0 ? 1 : t.stride(dim);
      rows_.operands[k] = {static_cast<char*>(const_cast<void*>(t.const_data_ptr())), storage_of(t),
                           (rows_.size == 1 ? 1 : step) * t.element_size(), strides_[k].data()};
    }
  }

  // Calls run(rows, begin, end) for all rows, from several threads.
  template <class Run>
  void for_each(Run run) const {
    if (rows_.size == 0) return;
    int64_t total = 1;
    for (const int64_t size : sizes_) total *= size;
    const int64_t unit = kernels().softmax->granularity(rows_, static_cast<int>(count));
    const int64_t units = (total + unit - 1) / unit;
    const int64_t least = std::max<int64_t>(1, grain / (unit * rows_.size));
    at::parallel_for(0, units, least, [&](int64_t begin, int64_t end) {
      run(rows_, begin * unit, std::min(end * unit, total));
    });
  }

 private:
  Rows rows_{};
  std::vector<int64_t> sizes_;
  std::vector<int64_t> strides_[count];
};

template <Member member>
struct Kernel {
  static constexpr const char* name = name_of(member);
  static constexpr Normalization normalization =
      member == Member::log_softmax ? Normalization::log_softmax : Normalization::softmax;
  static constexpr bool negate = member == Member::softmin;

  static void compute(const at::Tensor& result, const at::Tensor& self, int64_t dim) {
    if (result.numel() == 0) return;
    RowLayout<2>({result, self}, dim).for_each([](const Rows& rows, int64_t begin, int64_t end) {
      kernels().softmax->forward(rows, normalization, negate, begin, end);
    });
  }

  static at::Tensor value(const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    const at::ScalarType type = result_dtype(name, self, dtype);
    dim = wrap_dim(name, dim, self.dim());
    const at::Tensor input = converts_inside(self, type) ? self : self.to(type);
    at::Tensor result = at::detail::empty_cpu(self.sizes(), self.options().dtype(type));
    advise_huge_pages(result.mutable_data_ptr(), result.nbytes());
    compute(result, input, dim);
    return result;
  }

  static at::Tensor& out(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype,
                         at::Tensor& result) {
    const at::ScalarType type = result_dtype(name, self, dtype);
    dim = wrap_dim(name, dim, self.dim());
    check_out(name, result, self, type);
    prepare_out(result, {self});
    compute(result, converts_inside(self, type) ? self : self.to(type), dim);
    return result;
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    check_softmax_backward(name, grad_output, output, input_dtype);
    dim = wrap_dim(name, dim, output.dim());
    at::Tensor grad_input =
        at::detail::empty_cpu(output.sizes(), output.options().dtype(input_dtype));
    advise_huge_pages(grad_input.mutable_data_ptr(), grad_input.nbytes());
    if (output.numel() == 0) return grad_input;
    RowLayout<3>({grad_input, grad_output, output}, dim)
        .for_each([](const Rows& rows, int64_t begin, int64_t end) {
          kernels().softmax->backward(rows, normalization, negate, begin, end);
        });
    return grad_input;
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

TORCH_LIBRARY_IMPL(act, CPU, m) { implement_softmax<Kernel>(m); }

TORCH_LIBRARY_IMPL(act, Meta, m) { implement_softmax<Meta>(m); }

}  // namespace
}  // namespace act::cpu
