// The pointwise ops on sparse tensors, COO (hybrid ones too) and compressed. Unspecified elements
// are 0 and have to stay 0: that f(0) = 0 is asked of the formula, under the parameters of the
// call. Gradients have the input's pattern, as those of torch's sparse ops.
#include "../checks.h"
#include "../pointwise_ops.h"
#include "pattern.h"

namespace act::sparse {
namespace {

template <template <class> class... Formula>
double value_at_zero(FormulaList<Formula...>, const BoundFormula& formula) {
  using Function = double (*)(ParameterValues);
  static constexpr Function functions[] = {
      [](ParameterValues p) { return Formula<double>(p).value(0.0); }...};
  return functions[formula.index](formula.values);
}

void check_keeps_zero(const BoundFormula& formula) {
  const double value = value_at_zero(Activations{}, formula);
  TORCH_CHECK(value == 0, "act::", declaration_of(formula.index).name,
              ": expected a dense input, or arguments with f(0) = 0: the unspecified elements of a "
              "sparse input are 0 and have to stay 0, but f(0) = ",
              value, " here");
}

template <class Op>
struct Kernel;

template <int formula, class... P, class... E>
struct Kernel<PointwiseOp<formula, TypeList<P...>, TypeList<E...>>> {
  using Op = PointwiseOp<formula, TypeList<P...>, TypeList<E...>>;
  static constexpr const char* name = Op::declaration.name;

  static at::Tensor value(const at::Tensor& self, P... parameters) {
    check_keeps_zero(bind(formula, parameters...));
    const at::Tensor input = without_duplicates(self);
    return with_values(input, Op::value().call(values_of(input), parameters...));
  }

  static at::Tensor& in_place(at::Tensor& self, P... parameters) {
    check_keeps_zero(bind(formula, parameters...));
    check_without_duplicates(name, self);
    at::Tensor values = values_of(self);
    Op::in_place().call(values, parameters...);
    return self;
  }

  static at::Tensor& out(const at::Tensor& self, P... parameters, at::Tensor& result) {
    check_out(name, result, self);
    return write_out(name, result, value(self, parameters...));
  }

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& saved,
                             P... parameters, E... is_result) {
    check_same(name, "grad_output", grad_output, saved);
    return on_pattern_of(
        saved,
        [&](const at::Tensor& values, const at::Tensor& gradient) {
          return Op::backward().call(gradient, values, parameters..., is_result...);
        },
        grad_output);
  }

  static at::Tensor double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& saved,
                                    P... parameters, E... is_result) {
    check_same(name, "grad_grad_input", grad_grad_input, saved);
    check_same(name, "grad_output", grad_output, saved);
    return on_pattern_of(
        saved,
        [&](const at::Tensor& values, const at::Tensor& first, const at::Tensor& second) {
          return Op::double_backward().call(first, second, values, parameters..., is_result...);
        },
        grad_grad_input, grad_output);
  }
};

void implement_all(torch::Library& m) {
  for_each_op([&]<class Op>() { implement<Op, Kernel<Op>>(m); });
}

TORCH_LIBRARY_IMPL(act, SparseCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCUDA, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCUDA, m) { implement_all(m); }

}  // namespace
}  // namespace act::sparse
