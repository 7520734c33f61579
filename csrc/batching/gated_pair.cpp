// vmap of gate and other factor in two tensors: a further dimension changes nothing.
#include <torch/library.h>

#include "../dispatcher.h"
#include "level.h"

namespace act::batching {
namespace {

using at::Tensor;
using Parameters = at::ArrayRef<double>;

const auto& value_op() {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, Parameters)>("gated_pair");
  return op;
}

Tensor value(const Tensor& gate, const Tensor& other, std::string_view activation,
             Parameters parameters) {
  const Level level;
  const auto [tensors, dim] = align(level, gate, other);
  return level.wrap(value_op().call(tensors[0], tensors[1], activation, parameters), dim);
}

Tensor& out(const Tensor& gate, const Tensor& other, std::string_view activation,
            Parameters parameters, Tensor& result) {
  return write_to_out("gated_pair", value_op().call(gate, other, activation, parameters), result);
}

std::tuple<Tensor, Tensor> backward(const Tensor& grad_output, const Tensor& gate,
                                    const Tensor& other, std::string_view activation,
                                    Parameters parameters) {
  static const auto op =
      find_op<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&, const Tensor&,
                                         std::string_view, Parameters)>("gated_pair_backward");
  const Level level;
  const auto [tensors, dim] = align(level, grad_output, gate, other);
  const auto [of_gate, of_other] =
      op.call(tensors[0], tensors[1], tensors[2], activation, parameters);
  return {level.wrap(of_gate, dim), level.wrap(of_other, dim)};
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  m.impl("gated_pair", &value);
  m.impl("gated_pair.out", &out);
  m.impl("gated_pair_backward", &backward);
}

}  // namespace
}  // namespace act::batching
