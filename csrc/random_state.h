// The state that an op's random numbers are drawn from.
#pragma once

#include <ATen/core/Tensor.h>

namespace act {

// One state, or one for each index of self's leading dimensions. checks.h has that of rrelu.
void check_philox_state(const char* op, const at::Tensor& state, const at::Tensor& self);

}  // namespace act
