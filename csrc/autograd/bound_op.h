// One call of an op: its arguments, bound to its backward ops, which are called with them later.
#pragma once

#include "../pointwise_ops.h"
#include "activation.h"
#include "compilable_node.h"
#include "third_derivative.h"

namespace act::autograd {

// An op with the arguments of one call, for its backward ops to be called with later.
struct BoundOp {
  at::Tensor (*call_backward)(const BoundOp&, const at::Tensor& grad_output,
                              const at::Tensor& saved);
  at::Tensor (*call_double_backward)(const BoundOp&, const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output, const at::Tensor& saved);
  // Null where the derivative is not one of two slopes.
  at::Tensor (*call_slope_bits)(const BoundOp&, const at::Tensor& self);
  at::Tensor (*call_backward_from_bits)(const BoundOp&, const at::Tensor& grad_output,
                                        const at::Tensor& bits);
  BoundFormula formula;
  c10::SmallVector<at::Scalar, 2> scalars;
  bool is_result = false;

  const char* name() const { return declaration_of(formula.index).name; }
  // The formula stands for the functions, too.
  void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args) const {
    autograd::collect_into(args, formula);
    args.collect(is_result);
  }
  at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved) const {
    return call_backward(*this, grad_output, saved);
  }
  at::Tensor double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                             const at::Tensor& saved) const {
    return call_double_backward(*this, grad_grad_input, grad_output, saved);
  }
  at::Tensor third_derivative_times(const at::Tensor& product, const at::Tensor& saved) const {
    return times_third_derivative(product, formula, saved, is_result);
  }
};

// Makes a BoundOp of the arguments of one op.
template <class Op>
struct BoundOpOf;

template <int index, class... P, class... E>
struct BoundOpOf<PointwiseOp<index, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<index, TypeList<P...>, TypeList<E...>>;

  static BoundOp bound(P... parameters, E... is_result) {
    BoundOp op{.call_backward = backward,
               .call_double_backward = double_backward,
               .call_slope_bits = nullptr,
               .call_backward_from_bits = nullptr,
               .formula = bind(index, parameters...),
               .scalars = {},
               .is_result = (is_result || ...)};
    if constexpr (Op::declaration.two_slopes) {
      op.call_slope_bits = slope_bits;
      op.call_backward_from_bits = backward_from_bits;
    }
    if constexpr (!std::is_same_v<TypeList<P...>, TypeList<std::string_view>>) {
      (op.scalars.push_back(parameters), ...);
    }
    return op;
  }

 private:
  // Calls the handle with the tensors, the bound parameters and what follows them.
  template <class Handle, class... Tensors, class... After>
  static auto call(const Handle& handle, const BoundOp& op, std::tuple<After...> after,
                   const Tensors&... tensors) {
    return std::apply(
        [&](auto... last) {
          if constexpr (std::is_same_v<TypeList<P...>, TypeList<std::string_view>>) {
            return handle.call(tensors..., declaration_of(op.formula.index).variant, last...);
          } else {
            return [&]<std::size_t... k>(std::index_sequence<k...>) {
              return handle.call(tensors..., op.scalars[k]..., last...);
            }(std::index_sequence_for<P...>{});
          }
        },
        after);
  }
  static at::Tensor backward(const BoundOp& op, const at::Tensor& grad_output,
                             const at::Tensor& saved) {
    return call(Op::backward(), op, std::tuple(E(op.is_result)...), grad_output, saved);
  }
  static at::Tensor double_backward(const BoundOp& op, const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved) {
    return call(Op::double_backward(), op, std::tuple(E(op.is_result)...), grad_grad_input,
                grad_output, saved);
  }
  static at::Tensor slope_bits(const BoundOp& op, const at::Tensor& self) {
    return call(Op::slope_bits(), op, std::tuple(int64_t{0}), self);
  }
  static at::Tensor backward_from_bits(const BoundOp& op, const at::Tensor& grad_output,
                                       const at::Tensor& bits) {
    return call(Op::backward_from_bits(), op, std::tuple<>(), grad_output, bits);
  }
};

}  // namespace act::autograd
