// The masked softmax family on dense tensors of a device: checks and results, which are the same
// everywhere.
//
// Device has: Guard and empty, as in softmax_kernels.h; masked_forward and
// masked_backward(tensors, dim, Normalization, Logits), the tensors as the kernels' operands, not
// empty. Without a mask the operand in its place is never read.
#pragma once

#include <act/rows.h>

#include <array>

#include "masked_normalization.h"
#include "tensors.h"

namespace act {

template <class Device>
struct MaskedSoftmaxKernels {
  template <Member member>
  struct Kernel {
    static constexpr const char* name = masked_name_of(member);
    static constexpr Normalization normalization =
        member == Member::log_softmax ? Normalization::log_softmax : Normalization::softmax;
    static constexpr bool negate = member == Member::softmin;

    static void compute(const at::Tensor& result, const at::Tensor& self, int64_t dim,
                        const OptionalMask& mask, double temperature, std::string_view empty) {
      if (result.numel() == 0) return;
      const at::Tensor mask_or_any = mask ? mask->expand(self.sizes()) : result;
      Device::masked_forward(std::array{result, self, mask_or_any}, dim, normalization,
                             Logits{temperature, negate, mask.has_value(), empty == "nan"});
    }

    static at::Tensor value(const at::Tensor& self, int64_t dim, const OptionalMask& mask,
                            double temperature, std::string_view empty,
                            std::optional<at::ScalarType> dtype) {
      const at::ScalarType type =
          check_masked_softmax<member>(self, mask, temperature, empty, dtype);
      dim = wrap_dim(name, dim, self.dim());
      const typename Device::Guard guard(self.device());
      const at::Tensor input = converts_inside(self, type) ? self : self.to(type);
      at::Tensor result = Device::empty(self.sizes(), self.options().dtype(type));
      compute(result, input, dim, mask, temperature, empty);
      return result;
    }

    static at::Tensor& out(const at::Tensor& self, int64_t dim, const OptionalMask& mask,
                           double temperature, std::string_view empty,
                           std::optional<at::ScalarType> dtype, at::Tensor& result) {
      const at::ScalarType type =
          check_masked_softmax<member>(self, mask, temperature, empty, dtype);
      dim = wrap_dim(name, dim, self.dim());
      check_out(name, result, self, type);
      const typename Device::Guard guard(self.device());
      prepare_out(result, {self});
      compute(result, converts_inside(self, type) ? self : self.to(type), dim, mask, temperature,
              empty);
      return result;
    }

    static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                               double temperature, at::ScalarType input_dtype) {
      check_masked_softmax_backward<member>(grad_output, output, temperature, input_dtype);
      dim = wrap_dim(name, dim, output.dim());
      const typename Device::Guard guard(output.device());
      at::Tensor grad_input = Device::empty(output.sizes(), output.options().dtype(input_dtype));
      if (output.numel() == 0) return grad_input;
      Device::masked_backward(std::array{grad_input, grad_output, output}, dim, normalization,
                              Logits{temperature, negate, false, false});
      return grad_input;
    }
  };
};

}  // namespace act
