// A parameter that is a tensor: one value, or one for each channel (dimension 1) of the input.
#pragma once

#include <ATen/core/Tensor.h>

#include "broadcast_weight.h"

namespace act {

// It must have the dtype and the device of self, and 1 or as many elements as self has channels.
void check_channel_parameter(const char* op, const char* name, const at::Tensor& parameter,
                             const at::Tensor& self);
void check_channel_sizes(const char* op, const char* name, c10::SymIntArrayRef parameter,
                         c10::SymIntArrayRef self);

// It as an operand of self's shape for torch's ops, also where sizes are symbolic.
at::Tensor along_channels(const at::Tensor& parameter, const at::Tensor& self);

// The sum of something of self's shape over all that shares an element of the parameter.
at::Tensor sum_to_parameter(const at::Tensor& full, const at::Tensor& parameter);

}  // namespace act
