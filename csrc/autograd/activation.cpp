#include "activation.h"

#include <tuple>

#include "saved_preference.h"

namespace act::autograd {
namespace {

template <class Op>
struct Call;

template <int first, class... P, class... E>
struct Call<PointwiseOp<first, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<first, TypeList<P...>, TypeList<E...>>;

  static std::tuple<std::remove_cvref_t<P>...> parameters(const BoundFormula& formula) {
    if constexpr (Op::declaration.variant_argument != nullptr) {
      return {declaration_of(formula.index).variant};
    } else if constexpr (sizeof...(P) == 2) {
      return {formula.values.first, formula.values.second};
    } else if constexpr (sizeof...(P) == 1) {
      return {formula.values.first};
    } else {
      return {};
    }
  }

  static at::Tensor value(const BoundFormula& formula, const at::Tensor& x) {
    return std::apply([&](const auto&... p) { return Op::value().call(x, p...); },
                      parameters(formula));
  }
  static at::Tensor backward(const BoundFormula& formula, const at::Tensor& grad_output,
                             const at::Tensor& saved, bool is_result) {
    return std::apply(
        [&](const auto&... p) {
          return Op::backward().call(grad_output, saved, p..., E(is_result)...);
        },
        parameters(formula));
  }
  static at::Tensor double_backward(const BoundFormula& formula, const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    bool is_result) {
    return std::apply(
        [&](const auto&... p) {
          return Op::double_backward().call(grad_grad_input, grad_output, saved, p...,
                                            E(is_result)...);
        },
        parameters(formula));
  }
};

// While it lives, ops save what it says.
class SavedAs {
 public:
  explicit SavedAs(Saved kind) : before_(saved_preference()) { saved_preference() = kind; }
  ~SavedAs() { saved_preference() = before_; }
  SavedAs(const SavedAs&) = delete;
  SavedAs& operator=(const SavedAs&) = delete;

 private:
  std::optional<Saved> before_;
};

// Calls visitor.operator()<Op>() with the op that a formula belongs to.
template <class Visitor>
at::Tensor with_op_of(const BoundFormula& formula, Visitor visitor) {
  at::Tensor result;
  for_each_op([&]<class Op>() {
    if (equal(Op::declaration.name, declaration_of(formula.index).name)) {
      result = visitor.template operator()<Op>();
    }
  });
  return result;
}

}  // namespace

at::Tensor activation_value(const BoundFormula& formula, const at::Tensor& x) {
  const SavedAs input(Saved::input);
  return with_op_of(formula, [&]<class Op>() { return Call<Op>::value(formula, x); });
}

at::Tensor activation_backward(const BoundFormula& formula, const at::Tensor& grad_output,
                               const at::Tensor& saved, bool is_result) {
  return with_op_of(formula, [&]<class Op>() {
    return Call<Op>::backward(formula, grad_output, saved, is_result);
  });
}

at::Tensor activation_double_backward(const BoundFormula& formula,
                                      const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& saved,
                                      bool is_result) {
  return with_op_of(formula, [&]<class Op>() {
    return Call<Op>::double_backward(formula, grad_grad_input, grad_output, saved, is_result);
  });
}

void collect_into(torch::dynamo::autograd::CompiledNodeArgs& args, const BoundFormula& formula) {
  args.collect(int64_t(formula.index));
  args.collect(formula.values.first);
  args.collect(formula.values.second);
}

c10::SmallVector<double, 2> parameters_of(const BoundFormula& formula) {
  const double values[] = {formula.values.first, formula.values.second};
  return {values, values + parameter_count(declaration_of(formula.index))};
}

at::Tensor widened(const at::Tensor& tensor) {
  const bool half = tensor.scalar_type() == at::kHalf || tensor.scalar_type() == at::kBFloat16;
  return half ? tensor.to(at::kFloat) : tensor;
}

}  // namespace act::autograd
