// Two bits for each element of a piecewise-linear op instead of a saved tensor, on the CPU.
#include <ATen/native/Resize.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <vector>

#include "../checks.h"
#include "../pointwise_ops.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

// A batch of rows, each of which begins at a byte of its own.
struct Rows {
  int64_t count;
  int64_t elements;
  int64_t bytes;

  Rows(const at::Tensor& dense, const at::Tensor& bits)
      : count(1), elements(1), bytes(bits.size(-1)) {
    for (int64_t d = 0; d < dense.dim(); ++d)
      (d < bits.dim() - 1 ? count : elements) *= dense.size(d);
  }

  // Calls piece(first element, first byte, elements) until all is done, by several threads.
  template <class Piece>
  void for_each_piece(Piece piece) const {
    if (elements == 0) return;
    const int64_t bytes_at_once = std::min<int64_t>(bytes, grain / 4);
    const int64_t pieces = (bytes + bytes_at_once - 1) / bytes_at_once;
    const int64_t side_by_side = std::max<int64_t>(1, grain / std::min(elements, grain));
    at::parallel_for(0, count * pieces, side_by_side, [&](int64_t begin, int64_t end) {
      for (int64_t k = begin; k < end; ++k) {
        const int64_t row = k / pieces, byte = k % pieces * bytes_at_once;
        piece(row * elements + 4 * byte, row * bytes + byte,
              std::min(4 * bytes_at_once, elements - 4 * byte));
      }
    });
  }
};

at::Tensor slope_bits(const char* op, const BoundFormula& formula, const at::Tensor& self,
                      int64_t batch_dims) {
  check_floating_point(op, self);
  const std::vector<c10::SymInt> sizes = slope_bits_sizes(op, self, batch_dims);
  at::Tensor bits =
      at::detail::empty_cpu(C10_AS_INTARRAYREF_SLOW(sizes), self.options().dtype(at::kByte));
  const at::Tensor dense = self.contiguous();
  const auto* from = static_cast<const char*>(dense.const_data_ptr());
  auto* to = bits.mutable_data_ptr<uint8_t>();
  Rows(dense, bits)
      .for_each_piece([&, size = static_cast<int64_t>(dense.element_size())](
                          int64_t element, int64_t byte, int64_t elements) {
        kernels().slope_bits(formula.index, storage_of(dense), from + element * size, to + byte,
                             elements, formula.values);
      });
  return bits;
}

at::Tensor backward_from_bits(const char* op, const BoundFormula& formula,
                              const at::Tensor& grad_output, const at::Tensor& bits) {
  check_slope_bits(op, bits, grad_output);
  const at::Tensor dense = grad_output.contiguous(), dense_bits = bits.contiguous();
  at::Tensor grad_input = empty_result(dense);
  const auto* from = static_cast<const char*>(dense.const_data_ptr());
  const auto* codes = dense_bits.const_data_ptr<uint8_t>();
  auto* to = static_cast<char*>(grad_input.mutable_data_ptr());
  Rows(dense, dense_bits)
      .for_each_piece([&, size = static_cast<int64_t>(dense.element_size())](
                          int64_t element, int64_t byte, int64_t elements) {
        kernels().backward_from_bits(formula.index, storage_of(dense), to + element * size,
                                     from + element * size, codes + byte, elements, formula.values);
      });
  return grad_input;
}

template <class Op>
struct Kernel;

template <int formula, class... P, class... E>
struct Kernel<PointwiseOp<formula, TypeList<P...>, TypeList<E...>>> {
  static constexpr const char* name = Activations::declarations[formula]->name;

  static at::Tensor slope_bits(const at::Tensor& self, P... parameters, int64_t batch_dims) {
    return cpu::slope_bits(name, bind(formula, parameters...), self, batch_dims);
  }
  static at::Tensor backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                       P... parameters) {
    return cpu::backward_from_bits(name, bind(formula, parameters...), grad_output, bits);
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_op_with_two_slopes([&]<class Op>() { implement_slope_bits<Op, Kernel<Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
