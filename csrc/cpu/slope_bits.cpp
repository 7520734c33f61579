// Two bits for each element of a piecewise-linear op instead of a saved tensor, on the CPU.

#include <algorithm>

#include "../slope_bits_kernels.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

// Calls piece(first element, first byte, elements) until all is done, by several threads.
template <class Piece>
void for_each_piece(const BitRows& rows, Piece piece) {
  if (rows.elements == 0) return;
  const int64_t bytes_at_once = std::min<int64_t>(rows.bytes, grain / 4);
  const int64_t pieces = (rows.bytes + bytes_at_once - 1) / bytes_at_once;
  const int64_t side_by_side = std::max<int64_t>(1, grain / std::min(rows.elements, grain));
  share_among_threads(rows.count * pieces, side_by_side, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const int64_t row = k / pieces, byte = k % pieces * bytes_at_once;
      piece(row * rows.elements + 4 * byte, row * rows.bytes + byte,
            std::min(4 * bytes_at_once, rows.elements - 4 * byte));
    }
  });
}

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }

  static at::Tensor empty_bits(at::IntArrayRef sizes, const at::Tensor& self) {
    return at::Tensor(at::detail::empty_cpu(sizes, self.options().dtype(at::kByte)));
  }

  static void slope_bits(const BoundFormula& formula, const at::Tensor& self, at::Tensor& bits,
                         const BitRows& rows) {
    const auto* from = static_cast<const char*>(self.const_data_ptr());
    auto* to = bits.mutable_data_ptr<uint8_t>();
    for_each_piece(rows, [&, size = static_cast<int64_t>(self.element_size())](
                             int64_t element, int64_t byte, int64_t elements) {
      kernels().slope_bits(formula.index, storage_of(self), from + element * size, to + byte,
                           elements, formula.values);
    });
  }

  static void backward_from_bits(const BoundFormula& formula, at::Tensor& grad_input,
                                 const at::Tensor& grad_output, const at::Tensor& bits,
                                 const BitRows& rows) {
    const auto* from = static_cast<const char*>(grad_output.const_data_ptr());
    const auto* codes = bits.const_data_ptr<uint8_t>();
    auto* to = static_cast<char*>(grad_input.mutable_data_ptr());
    for_each_piece(rows, [&, size = static_cast<int64_t>(grad_output.element_size())](
                             int64_t element, int64_t byte, int64_t elements) {
      kernels().backward_from_bits(formula.index, storage_of(grad_output), to + element * size,
                                   from + element * size, codes + byte, elements, formula.values);
    });
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_op_with_two_slopes(
      [&]<class Op>() { implement_slope_bits<Op, SlopeBitsKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
