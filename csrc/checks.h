// Errors for bad input: each names the op, what came and what is accepted, before anything is
// written.
#pragma once

#include <ATen/core/Tensor.h>
#include <act/declaration.h>
#include <c10/core/Scalar.h>

#include <initializer_list>
#include <vector>

namespace act {

inline constexpr const char* supported_dtypes =
    "torch.float32, torch.float64, torch.bfloat16 or torch.float16";

inline bool is_supported(at::ScalarType dtype) {
  return dtype == at::kFloat || dtype == at::kDouble || dtype == at::kBFloat16 ||
         dtype == at::kHalf;
}

// One of the supported dtypes.
void check_floating_point(const char* op, const at::Tensor& tensor);

// The argument `name` must have the dtype, device and shape of `self`.
void check_same(const char* op, const char* name, const at::Tensor& tensor, const at::Tensor& self);

// dtype and device of an out= tensor: those of `self`, or another dtype that was asked for. Its
// shape may differ, it is resized.
void check_out(const char* op, const at::Tensor& out, const at::Tensor& self);
void check_out(const char* op, const at::Tensor& out, const at::Tensor& self, at::ScalarType dtype);

// The weight of prelu: one value, or one for each channel (dimension 1) of self.
void check_prelu(const at::Tensor& self, const at::Tensor& weight);
void check_prelu_shapes(c10::SymIntArrayRef self, c10::SymIntArrayRef weight);

// The values of an op's scalar parameters: real numbers that its declaration accepts.
ParameterValues check_parameters(const Declaration& declaration,
                                 std::initializer_list<at::Scalar> values);

// The bounds of rrelu's slope, lower first.
ParameterValues check_rrelu_bounds(const at::Scalar& lower, const at::Scalar& upper);

// Two bits for each element of grad_output, which is taken as a batch of as many dimensions as the
// bits tell, less one.
void check_slope_bits(const char* op, const at::Tensor& bits, const at::Tensor& grad_output);

// The shape of the bits of self: its first batch_dims sizes, then the bytes that hold what each
// member of that batch has.
std::vector<c10::SymInt> slope_bits_sizes(const char* op, const at::Tensor& self,
                                          int64_t batch_dims);

// What rrelu's slopes are drawn from: one state, or one for each index of self's leading
// dimensions.
void check_philox_state(const at::Tensor& state, const at::Tensor& self);

// All arguments of rrelu in training, and of its backward. Both give the bounds.
ParameterValues check_rrelu(const at::Tensor& self, const at::Tensor& state,
                            const at::Scalar& lower, const at::Scalar& upper);
ParameterValues check_rrelu_backward(const at::Tensor& grad_output, const at::Tensor& saved,
                                     const at::Tensor& state, const at::Scalar& lower,
                                     const at::Scalar& upper, bool is_result);

// The slopes of rrelu_with_slopes are of the type that is computed in: rounded to a half type they
// would give other gradients.
at::ScalarType rrelu_slopes_dtype(const at::Tensor& self);
void check_rrelu_slopes(const at::Tensor& slopes, const at::Tensor& grad_output);

}  // namespace act
