// What every kernel of the softmax family asks of its arguments, and the family's dispatcher
// handles.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>

#include "checks.h"
#include "dispatcher.h"

namespace act {

// The members of the family: log_softmax is the logarithm, softmin the softmax of the negated
// input.
enum class Member { softmax, log_softmax, softmin };

constexpr const char* name_of(Member member) {
  return member == Member::softmax       ? "softmax"
         : member == Member::log_softmax ? "log_softmax"
                                         : "softmin";
}

// A dim counted from the end as one counted from the front; a tensor without dimensions has dim 0.
inline int64_t wrap_dim(const char* op, int64_t dim, int64_t dims) {
  const int64_t most = dims > 0 ? dims : 1;
  TORCH_CHECK_INDEX(-most <= dim && dim < most, "act::", op, ": expected dim in [", -most, ", ",
                    most - 1, "], got ", dim);
  return dim < 0 ? dim + most : dim;
}

// The result's dtype. Integers are accepted where dtype= says what they become.
inline at::ScalarType result_dtype(const char* op, const at::Tensor& self,
                                   std::optional<at::ScalarType> dtype) {
  const at::ScalarType result = dtype.value_or(self.scalar_type());
  TORCH_CHECK(is_supported(result), "act::", op, ": expected ",
              dtype ? "dtype to be " : "a tensor of ", supported_dtypes,
              dtype ? "" : " (or the argument dtype, to convert it)", ", got ", result);
  TORCH_CHECK(!self.is_complex(), "act::", op, ": expected a real tensor, got ",
              self.scalar_type());
  return result;
}

// Half precision becomes float32 inside the kernel; any other change of dtype is made before.
inline bool converts_inside(const at::Tensor& self, at::ScalarType result) {
  return self.scalar_type() == result ||
         (result == at::kFloat &&
          (self.scalar_type() == at::kHalf || self.scalar_type() == at::kBFloat16));
}

// grad_output has the dtype, shape and device of the output; the input had input_dtype.
inline void check_softmax_backward(const char* op, const at::Tensor& grad_output,
                                   const at::Tensor& output, at::ScalarType input_dtype) {
  TORCH_CHECK(is_supported(output.scalar_type()), "act::", op, "_backward: expected output of ",
              supported_dtypes, ", got ", output.scalar_type());
  TORCH_CHECK(grad_output.scalar_type() == output.scalar_type(), "act::", op,
              "_backward: expected grad_output to have the dtype of output, ", output.scalar_type(),
              ", got ", grad_output.scalar_type());
  TORCH_CHECK(grad_output.device() == output.device(), "act::", op,
              "_backward: expected grad_output to be on the device of output, ", output.device(),
              ", got ", grad_output.device());
  TORCH_CHECK(grad_output.sym_sizes() == output.sym_sizes(), "act::", op,
              "_backward: expected grad_output to have the shape of output, ", output.sym_sizes(),
              ", got ", grad_output.sym_sizes());
  TORCH_CHECK(grad_output.device() == output.device(), "act::", op,
              "_backward: expected grad_output to be on the device of output, ", output.device(),
              ", got ", grad_output.device());
  TORCH_CHECK(input_dtype == output.scalar_type() ||
                  (output.scalar_type() == at::kFloat &&
                   (input_dtype == at::kHalf || input_dtype == at::kBFloat16)),
              "act::", op, "_backward: expected input_dtype ", output.scalar_type(),
              " (or half precision for a float32 output), got ", input_dtype);
}

using SoftmaxSignature = at::Tensor(const at::Tensor&, int64_t, std::optional<at::ScalarType>);
using SoftmaxOutSignature = at::Tensor&(const at::Tensor&, int64_t, std::optional<at::ScalarType>,
                                        at::Tensor&);
using SoftmaxBackwardSignature = at::Tensor(const at::Tensor&, const at::Tensor&, int64_t,
                                            at::ScalarType);

template <Member member>
const auto& softmax_op() {
  static const auto op = find_op<SoftmaxSignature>(name_of(member));
  return op;
}
template <Member member>
const auto& softmax_out_op() {
  static const auto op = find_op<SoftmaxOutSignature>(name_of(member), "out");
  return op;
}
template <Member member>
const auto& softmax_backward_op() {
  static const auto op =
      find_op<SoftmaxBackwardSignature>(std::string(name_of(member)) + "_backward");
  return op;
}

// Registers one dispatch key's kernels of the family; out= where it has that form.
template <template <Member> class Kernels, class Library>
void implement_softmax(Library& m) {
  const auto implement = [&]<Member member>() {
    const std::string name = name_of(member);
    m.impl(name.c_str(), &Kernels<member>::value);
    if constexpr (requires { &Kernels<member>::out; }) {
      m.impl((name + ".out").c_str(), &Kernels<member>::out);
    }
    m.impl((name + "_backward").c_str(), &Kernels<member>::backward);
  };
  implement.template operator()<Member::softmax>();
  implement.template operator()<Member::log_softmax>();
  implement.template operator()<Member::softmin>();
}

}  // namespace act
