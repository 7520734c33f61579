// The softmax family on dense tensors of a device: checks and results, which are the same
// everywhere.
//
// Device has: Guard, held while tensors are made and kernels called; empty(sizes, options), a new
// contiguous tensor; forward and backward(tensors, dim, Normalization, negate), the tensors as the
// kernels' operands, not empty.
#pragma once

#include <act/rows.h>

#include <array>

#include "normalization.h"
#include "tensors.h"

namespace act {

template <class Device>
struct SoftmaxKernels {
  template <Member member>
  struct Kernel {
    static constexpr const char* name = name_of(member);
    static constexpr Normalization normalization =
        member == Member::log_softmax ? Normalization::log_softmax : Normalization::softmax;
    static constexpr bool negate = member == Member::softmin;

    static void compute(const at::Tensor& result, const at::Tensor& self, int64_t dim) {
      if (result.numel() == 0) return;
      Device::forward(std::array{result, self}, dim, normalization, negate);
    }

    static at::Tensor value(const at::Tensor& self, int64_t dim,
                            std::optional<at::ScalarType> dtype) {
      const at::ScalarType type = result_dtype(name, self, dtype);
      dim = wrap_dim(name, dim, self.dim());
      const typename Device::Guard guard(self.device());
      const at::Tensor input = converts_inside(self, type) ? self : self.to(type);
      at::Tensor result = Device::empty(self.sizes(), self.options().dtype(type));
      compute(result, input, dim);
      return result;
    }

    static at::Tensor& out(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype,
                           at::Tensor& result) {
      const at::ScalarType type = result_dtype(name, self, dtype);
      dim = wrap_dim(name, dim, self.dim());
      check_out(name, result, self, type);
      const typename Device::Guard guard(self.device());
      prepare_out(result, {self});
      compute(result, converts_inside(self, type) ? self : self.to(type), dim);
      return result;
    }

    static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                               at::ScalarType input_dtype) {
      check_softmax_backward(name, grad_output, output, input_dtype);
      dim = wrap_dim(name, dim, output.dim());
      const typename Device::Guard guard(output.device());
      at::Tensor grad_input = Device::empty(output.sizes(), output.options().dtype(input_dtype));
      if (output.numel() == 0) return grad_input;
      Device::backward(std::array{grad_input, grad_output, output}, dim, normalization, negate);
      return grad_input;
    }
  };
};

}  // namespace act
