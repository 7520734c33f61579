// vmap of the pointwise ops: a further dimension changes nothing for them.
#include "../pointwise_ops.h"
#include "level.h"

namespace act::batching {
namespace {

template <class Op>
struct Kernel;

template <int index, class... P, class... E>
struct Kernel<PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<index, TypeList<P...>, TypeList<E...>>;
  using Tensor = at::Tensor;

  static Tensor value(const Tensor& self, P... parameters) {
    const Level level;
    const Batch x = level.unwrap(self);
    return level.wrap(Op::value().call(x.tensor, parameters...), x.dim);
  }
  static Tensor& in_place(Tensor& self, P... parameters) {
    const Level level;
    Tensor x = level.unwrap(self).tensor;
    Op::in_place().call(x, parameters...);
    return self;
  }
  static Tensor& out(const Tensor& self, P... parameters, Tensor& result) {
    return write_to_out(Op::declaration.name, Op::value().call(self, parameters...), result);
  }
  static Tensor backward(const Tensor& grad_output, const Tensor& saved, P... parameters,
                         E... is_result) {
    const Level level;
    const auto [tensors, dim] = align(level, grad_output, saved);
    const auto& [g, x] = tensors;
    return level.wrap(Op::backward().call(g, x, parameters..., is_result...), dim);
  }
  static Tensor double_backward(const Tensor& grad_grad_input, const Tensor& grad_output,
                                const Tensor& saved, P... parameters, E... is_result) {
    const Level level;
    const auto [tensors, dim] = align(level, grad_grad_input, grad_output, saved);
    const auto& [u, g, x] = tensors;
    return level.wrap(Op::double_backward().call(u, g, x, parameters..., is_result...), dim);
  }

  // The bits of each sample are a row of their own.
  static Tensor slope_bits(const Tensor& self, P... parameters, int64_t batch_dims) {
    const Level level;
    const Batch x = level.unwrap(self);
    if (!x.dim) return Op::slope_bits().call(x.tensor, parameters..., batch_dims);
    const Tensor samples = x.with_batch_at(0, level.size());
    return level.wrap(Op::slope_bits().call(samples, parameters..., batch_dims + 1), 0);
  }
  static Tensor backward_from_bits(const Tensor& grad_output, const Tensor& bits, P... parameters) {
    const Level level;
    const Batch g = level.unwrap(grad_output), b = level.unwrap(bits);
    if (!g.dim && !b.dim) {
      return Op::backward_from_bits().call(g.tensor, b.tensor, parameters...);
    }
    const Tensor result = Op::backward_from_bits().call(
        g.with_batch_at(0, level.size()), b.with_batch_at(0, level.size()), parameters...);
    return level.wrap(result, 0);
  }
};

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  for_each_op([&]<class Op>() { implement<Op, Kernel<Op>>(m); });
  for_each_op_with_two_slopes([&]<class Op>() { implement_slope_bits<Op, Kernel<Op>>(m); });
}

}  // namespace
}  // namespace act::batching
