// The pointwise ops on the CPU.
#include <ATen/native/Resize.h>
#include <ATen/ops/empty_like.h>

#include "../checks.h"
#include "../pointwise_ops.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

void run(const BoundFormula& formula, Pointwise order, Saved saved, const auto& operands) {
  const Storage storage = storage_of(operands[0]);
  const auto kernel = kernels().pointwise;
  for_each_element(operands, [&](const Operands& o) {
    kernel(formula.index, order, saved, storage, o, formula.values);
  });
}

at::Tensor value(const char* op, const BoundFormula& formula, const at::Tensor& self) {
  check_floating_point(op, self);
  at::Tensor result = empty_result(self);
  run(formula, Pointwise::value, Saved::input, std::array{result, self});
  return result;
}

void in_place(const char* op, const BoundFormula& formula, const at::Tensor& self) {
  check_floating_point(op, self);
  at::assert_no_internal_overlap(self);
  run(formula, Pointwise::value, Saved::input, std::array{self, self});
}

void out(const char* op, const BoundFormula& formula, const at::Tensor& self, at::Tensor& result) {
  check_floating_point(op, self);
  check_out(op, result, self);
  prepare_out(result, {self});
  run(formula, Pointwise::value, Saved::input, std::array{result, self});
}

at::Tensor backward(const char* op, const BoundFormula& formula, const at::Tensor& grad_output,
                    const at::Tensor& saved, Saved kind) {
  check_floating_point(op, saved);
  check_same(op, "grad_output", grad_output, saved);
  at::Tensor grad_input = empty_result(saved);
  run(formula, Pointwise::backward, kind, std::array{grad_input, grad_output, saved});
  return grad_input;
}

at::Tensor double_backward(const char* op, const BoundFormula& formula,
                           const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                           const at::Tensor& saved, Saved kind) {
  check_floating_point(op, saved);
  check_same(op, "grad_grad_input", grad_grad_input, saved);
  check_same(op, "grad_output", grad_output, saved);
  at::Tensor result = empty_result(saved);
  run(formula, Pointwise::double_backward, kind,
      std::array{result, grad_grad_input, grad_output, saved});
  return result;
}

template <class Op>
struct Kernel;

template <int formula, class... P, class... E>
struct Kernel<PointwiseOp<formula, TypeList<P...>, TypeList<E...>>> {
  static constexpr const char* name = Activations::declarations[formula]->name;

  // What a backward reads: is_result, where the op has that argument, says that it is the output.
  static Saved kind(E... is_result) { return (is_result || ...) ? Saved::output : Saved::input; }

  static at::Tensor value(const at::Tensor& self, P... parameters) {
    return cpu::value(name, bind(formula, parameters...), self);
  }
  static at::Tensor& in_place(at::Tensor& self, P... parameters) {
    cpu::in_place(name, bind(formula, parameters...), self);
    return self;
  }
  static at::Tensor& out(const at::Tensor& self, P... parameters, at::Tensor& result) {
    cpu::out(name, bind(formula, parameters...), self, result);
    return result;
  }
  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E... is_result) {
    return cpu::backward(name, bind(formula, parameters...), grad_output, saved,
                         kind(is_result...));
  }
  static at::Tensor double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E... is_result) {
    return cpu::double_backward(name, bind(formula, parameters...), grad_grad_input, grad_output,
                                saved, kind(is_result...));
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_op([&]<class Op>() { implement<Op, Kernel<Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
