// rrelu in training on sparse tensors: every specified element draws a slope, 0 stays 0 under any.
#include <torch/library.h>

#include "../checks.h"
#include "../dispatcher.h"
#include "pattern.h"

namespace act::sparse {
namespace {

using at::Scalar;
using at::Tensor;
using Generator = std::optional<at::Generator>;

Tensor philox_state(const Tensor& like, c10::SymIntArrayRef batch, Generator generator) {
  static const auto op =
      find_op<Tensor(const Tensor&, c10::SymIntArrayRef, Generator)>("philox_state");
  return op.call(values_of(without_duplicates(like)), batch, std::move(generator));
}

Tensor rrelu(const Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper) {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, const Scalar&, const Scalar&)>(
          "rrelu_with_state");
  const Tensor input = without_duplicates(self);
  return with_values(input, op.call(values_of(input), state, lower, upper));
}

Tensor& rrelu_(Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper) {
  static const auto op =
      find_op<Tensor&(Tensor&, const Tensor&, const Scalar&, const Scalar&)>("rrelu_with_state_");
  check_without_duplicates("rrelu", self);
  Tensor values = values_of(self);
  op.call(values, state, lower, upper);
  return self;
}

Tensor& rrelu_out(const Tensor& self, const Tensor& state, const Scalar& lower, const Scalar& upper,
                  Tensor& out) {
  check_out("rrelu", out, self);
  return write_out("rrelu", out, rrelu(self, state, lower, upper));
}

Tensor rrelu_backward(const Tensor& grad_output, const Tensor& saved, const Tensor& state,
                      const Scalar& lower, const Scalar& upper, bool is_result) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, const Tensor&, const Scalar&,
                                        const Scalar&, bool)>("rrelu_backward");
  check_same("rrelu_backward", "grad_output", grad_output, saved);
  return on_pattern_of(
      saved,
      [&](const Tensor& values, const Tensor& gradient) {
        return op.call(gradient, values, state, lower, upper, is_result);
      },
      grad_output);
}

void implement_all(torch::Library& m) {
  m.impl("philox_state", &philox_state);
  m.impl("rrelu_with_state", &rrelu);
  m.impl("rrelu_with_state_", &rrelu_);
  m.impl("rrelu_with_state.out", &rrelu_out);
  m.impl("rrelu_backward", &rrelu_backward);
}

TORCH_LIBRARY_IMPL(act, SparseCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCPU, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCUDA, m) { implement_all(m); }
TORCH_LIBRARY_IMPL(act, SparseCsrCUDA, m) { implement_all(m); }

}  // namespace
}  // namespace act::sparse
