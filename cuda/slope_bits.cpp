// Two bits for each element of a piecewise-linear op instead of a saved tensor, on a CUDA device.
#include "slope_bits.h"

#include <ATen/ops/empty.h>

#include "../csrc/slope_bits_kernels.h"
#include "tensors.h"

namespace act::cuda {
namespace {

struct Device {
  using Guard = c10::cuda::CUDAGuard;

  static at::Tensor empty_result(const at::Tensor& self) { return cuda::empty_result(self); }

  static at::Tensor empty_bits(at::IntArrayRef sizes, const at::Tensor& self) {
    return at::empty(sizes, self.options().dtype(at::kByte));
  }

  static void slope_bits(const BoundFormula& formula, const at::Tensor& self, at::Tensor& bits,
                         const BitRows& rows) {
    C10_CUDA_CHECK(cuda::slope_bits(formula.index, storage_of(self), const_data_of(self),
                                    bits.mutable_data_ptr<uint8_t>(), rows.count, rows.elements,
                                    formula.values, current_stream()));
  }

  static void backward_from_bits(const BoundFormula& formula, at::Tensor& grad_input,
                                 const at::Tensor& grad_output, const at::Tensor& bits,
                                 const BitRows& rows) {
    C10_CUDA_CHECK(cuda::backward_from_bits(formula.index, storage_of(grad_output),
                                            data_of(grad_input), const_data_of(grad_output),
                                            bits.const_data_ptr<uint8_t>(), rows.count,
                                            rows.elements, formula.values, current_stream()));
  }
};

TORCH_LIBRARY_IMPL(act, CUDA, m) {
  for_each_op_with_two_slopes(
      [&]<class Op>() { implement_slope_bits<Op, SlopeBitsKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cuda
