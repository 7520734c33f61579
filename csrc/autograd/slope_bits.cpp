#include "slope_bits.h"

#include "compilable_node.h"
#include "differentiably.h"

namespace act::autograd {
namespace {

using torch::autograd::Node;

// grad_input = grad_output · slope: linear in grad_output, and independent of everything else where
// it is smooth. So this is the backward of the op and of its own backward alike.
struct BackwardFromBits : CompilableNode<BackwardFromBits> {
  BoundOp op;
  SavedVariable bits;
  // Bits are in row-major order: a tensor in channels_last is taken with its channels at the end.
  bool channels_last = false;

  SavedTensors saved_tensors() { return {{bits, false}}; }
  auto constants() { return std::tie(op, channels_last); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!task_should_compute_output(0) || !grads[0].defined()) return {at::Tensor()};
    const at::Tensor grad_output = channels_last ? grads[0].movedim(1, -1) : grads[0];
    const at::Tensor grad_input = op.call_backward_from_bits(op, grad_output, bits.unpack());
    return {channels_last ? grad_input.movedim(-1, 1) : grad_input};
  }
  std::string name() const override {
    return std::string("Act::") + op.name() + "_backward_from_bits";
  }
};

bool is_channels_last(const at::Tensor& self) {
  const at::MemoryFormat format = self.suggest_memory_format();
  return format == at::MemoryFormat::ChannelsLast || format == at::MemoryFormat::ChannelsLast3d;
}

template <class Op>
struct Kernel;

template <int index, class... P, class... E>
struct Kernel<PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<index, TypeList<P...>, TypeList<E...>>;

  static at::Tensor backward_from_bits(c10::DispatchKeySet keys, const at::Tensor& grad_output,
                                       const at::Tensor& bits, P... parameters) {
    const BoundOp op = BoundOpOf<Op>::bound(parameters..., E(false)...);
    return call_differentiably<BackwardFromBits>(
        std::tie(grad_output),
        [&](BackwardFromBits& node) {
          node.op = op;
          node.bits = SavedVariable(bits, false);
        },
        [&] {
          return call_below(Op::backward_from_bits(), keys, grad_output, bits, parameters...);
        },
        [&](const at::Tensor& result) {
          set_tangent(result, op.call_backward_from_bits(op, tangent_of(grad_output), bits));
        });
  }
};

TORCH_LIBRARY_IMPL(act, Autograd, m) {
  for_each_op_with_two_slopes([&]<class Op>() {
    const std::string name = Op::declaration.name;
    m.impl((name + "_slope_bits").c_str(), torch::CppFunction::makeFallthrough());
    m.impl((name + "_backward_from_bits").c_str(), &Kernel<Op>::backward_from_bits);
  });
}

}  // namespace

c10::intrusive_ptr<Node> node_with_bits(const BoundOp& op, const at::Tensor& self) {
  auto node = make_node<BackwardFromBits>(self);
  node->op = op;
  node->channels_last = is_channels_last(self);
  const at::Tensor input = self.detach();
  node->bits = SavedVariable(
      op.call_slope_bits(op, node->channels_last ? input.movedim(1, -1) : input), false);
  return node;
}

}  // namespace act::autograd
