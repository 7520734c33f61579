// Errors for bad input: each names the op, what came and what is accepted, before anything is
// written.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>

namespace act {

// float32, float64, bfloat16, float16.
void check_floating_point(const char* op, const at::Tensor& tensor);

// The argument `name` must have the dtype, device and shape of `self`.
void check_same(const char* op, const char* name, const at::Tensor& tensor, const at::Tensor& self);

// dtype and device of an out= tensor; its shape may differ, it is resized.
void check_out(const char* op, const at::Tensor& out, const at::Tensor& self);

// The weight of prelu: one value, or one for each channel (dimension 1) of self.
void check_prelu(const at::Tensor& self, const at::Tensor& weight);

// The bounds of rrelu's slope, and the state that it is drawn from.
struct SlopeBounds {
  double lower;
  double upper;
};
SlopeBounds check_rrelu_bounds(const at::Scalar& lower, const at::Scalar& upper);
void check_philox_state(const at::Tensor& state);

}  // namespace act
