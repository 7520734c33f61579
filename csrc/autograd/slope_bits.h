// torch_act.saved_as("bits"): a piecewise-linear op saves which of its two slopes each element has.
#pragma once

#include "bound_op.h"
#include "node.h"

namespace act::autograd {

// The node of a call that saves bits; made before the call, which may be in place.
c10::intrusive_ptr<torch::autograd::Node> node_with_bits(const BoundOp& op, const at::Tensor& self);

}  // namespace act::autograd
