// The two halves of a gated activation's input, as views.
#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

#include "checks.h"
#include "normalization.h"
#include "pointwise_ops.h"

namespace act {

// Which half the activation is applied to: the first or the second one along a dimension, or the
// even elements, whose other factors are the odd ones.
enum class GateLayout { first, second, interleaved };

inline GateLayout gate_layout(const char* op, std::string_view name) {
  if (name == "first") return GateLayout::first;
  if (name == "second") return GateLayout::second;
  TORCH_CHECK_VALUE(name == "interleaved", "act::", op,
                    ": expected layout to be 'first', 'second' or 'interleaved', got '", name, "'");
  return GateLayout::interleaved;
}

constexpr const char* name_of(GateLayout layout) {
  return layout == GateLayout::first    ? "first"
         : layout == GateLayout::second ? "second"
                                        : "interleaved";
}

// A gated activation with all arguments but the tensors.
struct BoundGate {
  const char* op;
  BoundFormula formula;
  GateLayout layout;
  int64_t dim;
};

// glu is one of them.
inline BoundGate bind_glu(const char* op, int64_t dim) {
  return {op, {Activations::index_of<formulas::Sigmoid>(), {}}, GateLayout::second, dim};
}
inline BoundGate bind_gate(const char* op, std::string_view activation, std::string_view layout,
                           int64_t dim, at::ArrayRef<double> parameters) {
  return {op, find_activation(op, activation, parameters), gate_layout(op, layout), dim};
}

struct Halves {
  at::Tensor gate, other;
};

inline Halves halves(const BoundGate& gate, const at::Tensor& self) {
  TORCH_CHECK(self.dim() > 0, "act::", gate.op,
              ": expected a tensor with at least one dimension, got one without");
  const int64_t dim = wrap_dim(gate.op, gate.dim, self.dim());
  const c10::SymInt size = self.sym_size(dim);
  TORCH_CHECK(size % 2 == 0, "act::", gate.op, ": expected an even size of dimension ", dim,
              ", got ", size);
  if (gate.layout == GateLayout::interleaved) {
    return {self.slice_symint(dim, 0, std::nullopt, 2), self.slice_symint(dim, 1, std::nullopt, 2)};
  }
  const c10::SymInt half = size / 2;
  const at::Tensor first = self.narrow_symint(dim, 0, half),
                   second = self.narrow_symint(dim, half, half);
  return gate.layout == GateLayout::first ? Halves{first, second} : Halves{second, first};
}

// The same, of an op's argument.
inline Halves checked_halves(const BoundGate& gate, const at::Tensor& self) {
  check_floating_point(gate.op, self);
  return halves(gate, self);
}

}  // namespace act
