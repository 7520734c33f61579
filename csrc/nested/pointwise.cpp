// The pointwise ops on nested tensors in the strided layout. Jagged ones are a Python class of
// torch, which by the ops' tag applies them to its values.
#include "../pointwise_ops.h"
#include "buffer.h"

namespace act::nested {
namespace {

template <class Op>
struct Kernel;

template <int formula, class... P, class... E>
struct Kernel<PointwiseOp<formula, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<formula, TypeList<P...>, TypeList<E...>>;
  static constexpr const char* name = Op::declaration.name;

  static at::Tensor value(const at::Tensor& self, P... parameters) {
    return with_buffer(self, Op::value().call(buffer_of(self), parameters...));
  }

  static at::Tensor& in_place(at::Tensor& self, P... parameters) {
    TORCH_CHECK(self.is_contiguous(), "act::", name, "_: expected a contiguous nested tensor");
    at::Tensor buffer = buffer_of(self);
    Op::in_place().call(buffer, parameters...);
    return self;
  }

  static at::Tensor& out(const at::Tensor& self, P... parameters, at::Tensor& result) {
    check_same_sizes(name, "out", result, self);
    TORCH_CHECK(result.is_contiguous(), "act::", name, ": expected out to be contiguous");
    at::Tensor buffer = buffer_of(result);
    Op::out().call(buffer_of(self), parameters..., buffer);
    return result;
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E... is_result) {
    check_same_sizes(name, "grad_output", grad_output, saved);
    return with_buffer(saved, Op::backward().call(buffer_of(grad_output), buffer_of(saved),
                                                  parameters..., is_result...));
  }

  static at::Tensor double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E... is_result) {
    check_same_sizes(name, "grad_grad_input", grad_grad_input, saved);
    check_same_sizes(name, "grad_output", grad_output, saved);
    return with_buffer(
        saved, Op::double_backward().call(buffer_of(grad_grad_input), buffer_of(grad_output),
                                          buffer_of(saved), parameters..., is_result...));
  }
};

void implement_all(torch::Library& m) {
  for_each_op([&]<class Op>() { implement<Op, Kernel<Op>>(m); });
}

TORCH_LIBRARY_IMPL(act, NestedTensorCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, NestedTensorCUDA, m) { implement_all(m); }

}  // namespace
}  // namespace act::nested
