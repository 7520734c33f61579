// Two bits for each element of a piecewise-linear op instead of a saved tensor: checks and results,
// which are the same on every device.
//
// Device has, besides what pointwise_kernels.h says: empty_bits(sizes, self), bytes on the device
// of self; slope_bits(BoundFormula, self, bits, BitRows) and backward_from_bits(BoundFormula,
// grad_input, grad_output, bits, BitRows), all of contiguous tensors.
#pragma once

#include <vector>

#include "checks.h"
#include "pointwise_ops.h"
#include "tensors.h"

namespace act {

template <class Device, class Op>
struct SlopeBitsKernels;

// A batch of rows, each of which begins at a byte of bits of its own.
struct BitRows {
  int64_t count = 1;
  int64_t elements = 1;  // of a row
  int64_t bytes;

  BitRows(const at::Tensor& dense, const at::Tensor& bits) : bytes(bits.size(-1)) {
    for (int64_t d = 0; d < dense.dim(); ++d) {
      (d < bits.dim() - 1 ? count : elements) *= dense.size(d);
    }
  }
};

template <class Device, int index, class... P, class... E>
struct SlopeBitsKernels<Device, PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  static constexpr const char* op = Activations::declarations[index]->name;

  static at::Tensor slope_bits(const at::Tensor& self, P... parameters, int64_t batch_dims) {
    const BoundFormula formula = bind(index, parameters...);
    check_floating_point(op, self);
    const std::vector<c10::SymInt> sizes = slope_bits_sizes(op, self, batch_dims);
    const typename Device::Guard guard(self.device());
    at::Tensor bits = Device::empty_bits(C10_AS_INTARRAYREF_SLOW(sizes), self);
    const at::Tensor dense = self.contiguous();
    Device::slope_bits(formula, dense, bits, BitRows(dense, bits));
    return bits;
  }

  static at::Tensor backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                       P... parameters) {
    const BoundFormula formula = bind(index, parameters...);
    check_slope_bits(op, bits, grad_output);
    const typename Device::Guard guard(grad_output.device());
    const at::Tensor dense = grad_output.contiguous(), dense_bits = bits.contiguous();
    at::Tensor grad_input = Device::empty_result(dense);
    Device::backward_from_bits(formula, grad_input, dense, dense_bits, BitRows(dense, dense_bits));
    return grad_input;
  }
};

}  // namespace act
