// Shapes, strides and dtypes without data: what fake tensors, torch.compile and torch.export run.
// Written with symbolic sizes in mind: no TensorIterator, no plain integers.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "checks.h"
#include "pointwise_ops.h"

namespace act {
namespace {

template <class Op>
struct Meta;

template <int formula, class... P, class... E>
struct Meta<PointwiseOp<formula, TypeList<P...>, TypeList<E...>>> {
  static constexpr const char* name = Activations::declarations[formula]->name;

  static at::Tensor value(const at::Tensor& self, P... parameters) {
    bind(formula, parameters...);
    check_floating_point(name, self);
    return at::empty_like(self);
  }
  static at::Tensor& in_place(at::Tensor& self, P... parameters) {
    bind(formula, parameters...);
    check_floating_point(name, self);
    return self;
  }
  static at::Tensor& out(const at::Tensor& self, P... parameters, at::Tensor& result) {
    bind(formula, parameters...);
    check_floating_point(name, self);
    check_out(name, result, self);
    if (result.sym_sizes() != self.sym_sizes()) result.resize__symint(self.sym_sizes());
    return result;
  }
  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E...) {
    bind(formula, parameters...);
    check_floating_point(name, saved);
    check_same(name, "grad_output", grad_output, saved);
    return at::empty_like(saved);
  }
  static at::Tensor double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E...) {
    bind(formula, parameters...);
    check_floating_point(name, saved);
    check_same(name, "grad_grad_input", grad_grad_input, saved);
    check_same(name, "grad_output", grad_output, saved);
    return at::empty_like(saved);
  }

  static at::Tensor slope_bits(const at::Tensor& self, P... parameters, int64_t batch_dims) {
    bind(formula, parameters...);
    check_floating_point(name, self);
    return at::empty_symint(slope_bits_sizes(name, self, batch_dims),
                            self.options().dtype(at::kByte));
  }
  static at::Tensor backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                       P... parameters) {
    bind(formula, parameters...);
    check_slope_bits(name, bits, grad_output);
    return at::empty_like(grad_output, at::MemoryFormat::Contiguous);
  }
};

at::Tensor prelu(const at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  return at::empty_like(self);
}
at::Tensor& prelu_(at::Tensor& self, const at::Tensor& weight) {
  check_prelu(self, weight);
  return self;
}
at::Tensor& prelu_out(const at::Tensor& self, const at::Tensor& weight, at::Tensor& out) {
  check_prelu(self, weight);
  check_out("prelu", out, self);
  if (out.sym_sizes() != self.sym_sizes()) out.resize__symint(self.sym_sizes());
  return out;
}
std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self,
                                                  const at::Tensor& weight) {
  check_prelu(self, weight);
  check_same("prelu_backward", "grad_output", grad_output, self);
  return {at::empty_like(self), at::empty_like(weight)};
}

at::Tensor philox_state(const at::Tensor& like, c10::SymIntArrayRef batch,
                        std::optional<at::Generator>) {
  std::vector<c10::SymInt> sizes = batch.vec();
  sizes.emplace_back(2);
  return at::empty_symint(sizes, like.options().dtype(at::kLong));
}
at::Tensor rrelu(const at::Tensor& self, const at::Tensor& state, const at::Scalar&,
                 const at::Scalar&) {
  check_floating_point("rrelu", self);
  check_philox_state(state, self);
  return at::empty_like(self);
}
at::Tensor& rrelu_(at::Tensor& self, const at::Tensor& state, const at::Scalar&,
                   const at::Scalar&) {
  check_floating_point("rrelu", self);
  check_philox_state(state, self);
  return self;
}
at::Tensor& rrelu_out(const at::Tensor& self, const at::Tensor& state, const at::Scalar&,
                      const at::Scalar&, at::Tensor& out) {
  check_floating_point("rrelu", self);
  check_philox_state(state, self);
  check_out("rrelu", out, self);
  if (out.sym_sizes() != self.sym_sizes()) out.resize__symint(self.sym_sizes());
  return out;
}
at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                          const at::Tensor& state, const at::Scalar&, const at::Scalar&, bool) {
  check_floating_point("rrelu_backward", self_or_result);
  check_same("rrelu_backward", "grad_output", grad_output, self_or_result);
  check_philox_state(state, self_or_result);
  return at::empty_like(self_or_result);
}

std::tuple<at::Tensor, at::Tensor> rrelu_with_slopes(const at::Tensor& self,
                                                     const at::Tensor& state, const at::Scalar&,
                                                     const at::Scalar&) {
  check_floating_point("rrelu", self);
  check_philox_state(state, self);
  return {at::empty_like(self),
          at::empty_like(self, self.options().dtype(rrelu_slopes_dtype(self)))};
}
at::Tensor rrelu_backward_from_slopes(const at::Tensor& grad_output, const at::Tensor& slopes) {
  check_rrelu_slopes(slopes, grad_output);
  return at::empty_like(grad_output);
}

TORCH_LIBRARY_IMPL(act, Meta, m) {
  for_each_op([&]<class Op>() { implement<Op, Meta<Op>>(m); });
  for_each_op_with_two_slopes([&]<class Op>() { implement_slope_bits<Op, Meta<Op>>(m); });
  m.impl("prelu", prelu);
  m.impl("prelu_", prelu_);
  m.impl("prelu.out", prelu_out);
  m.impl("prelu_backward", prelu_backward);
  m.impl("philox_state", philox_state);
  m.impl("rrelu_with_state", rrelu);
  m.impl("rrelu_with_state_", rrelu_);
  m.impl("rrelu_with_state.out", rrelu_out);
  m.impl("rrelu_backward", rrelu_backward);
  m.impl("rrelu_with_slopes", rrelu_with_slopes);
  m.impl("rrelu_backward_from_slopes", rrelu_backward_from_slopes);
}

}  // namespace
}  // namespace act
