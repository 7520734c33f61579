// The gated activations of a device: checks and results, which are the same everywhere.
//
// Device has: has_memory, whether tensors can overlap; Guard, held while tensors are made and
// kernels called; empty_like(self), a new tensor that is laid out as self would be without gaps;
// resize(out, like); value(BoundFormula, result, gate, other); and backward(BoundFormula,
// grad_gate, grad_other, grad_output, gate, other).
#pragma once

#include <torch/library.h>

#include "gated_arguments.h"
#include "tensors.h"

namespace act {

template <class Device>
struct GatedKernelsOf {
  using Tensor = at::Tensor;

  static Tensor value(const BoundGate& gate, const Tensor& self) {
    const Halves in = checked_halves(gate, self);
    const typename Device::Guard guard(self.device());
    const Tensor result = Device::empty_like(in.gate);
    Device::value(gate.formula, result, in.gate, in.other);
    return result;
  }

  static Tensor& out(const BoundGate& gate, const Tensor& self, Tensor& result) {
    const Halves in = checked_halves(gate, self);
    check_out(gate.op, result, self);
    const typename Device::Guard guard(self.device());
    Device::resize(result, in.gate);
    if constexpr (Device::has_memory) {
      at::assert_no_internal_overlap(result);
      at::assert_no_overlap(result, self);
    }
    Device::value(gate.formula, result, in.gate, in.other);
    return result;
  }

  static Tensor backward(const BoundGate& gate, const Tensor& grad_output, const Tensor& self) {
    const Halves in = checked_halves(gate, self);
    check_same(gate.op, "grad_output", grad_output, in.gate);
    const typename Device::Guard guard(self.device());
    const Tensor grad_input = Device::empty_like(self);
    const Halves out = halves(gate, grad_input);
    Device::backward(gate.formula, out.gate, out.other, grad_output, in.gate, in.other);
    return grad_input;
  }

  static Tensor glu(const Tensor& self, int64_t dim) { return value(bind_glu("glu", dim), self); }
  static Tensor& glu_out(const Tensor& self, int64_t dim, Tensor& result) {
    return out(bind_glu("glu", dim), self, result);
  }
  static Tensor glu_backward(const Tensor& grad_output, const Tensor& self, int64_t dim) {
    return backward(bind_glu("glu_backward", dim), grad_output, self);
  }

  static Tensor gated(const Tensor& self, std::string_view activation, std::string_view layout,
                      int64_t dim, at::ArrayRef<double> parameters) {
    return value(bind_gate("gated", activation, layout, dim, parameters), self);
  }
  static Tensor& gated_out(const Tensor& self, std::string_view activation, std::string_view layout,
                           int64_t dim, at::ArrayRef<double> parameters, Tensor& result) {
    return out(bind_gate("gated", activation, layout, dim, parameters), self, result);
  }
  static Tensor gated_backward(const Tensor& grad_output, const Tensor& self,
                               std::string_view activation, std::string_view layout, int64_t dim,
                               at::ArrayRef<double> parameters) {
    return backward(bind_gate("gated_backward", activation, layout, dim, parameters), grad_output,
                    self);
  }

  static Tensor pair(const Tensor& gate, const Tensor& other, std::string_view activation,
                     at::ArrayRef<double> parameters) {
    const BoundFormula formula = find_activation("gated_pair", activation, parameters);
    check_pair("gated_pair", gate, other);
    const typename Device::Guard guard(gate.device());
    const Tensor result = Device::empty_like(gate);
    Device::value(formula, result, gate, other);
    return result;
  }
  static Tensor& pair_out(const Tensor& gate, const Tensor& other, std::string_view activation,
                          at::ArrayRef<double> parameters, Tensor& result) {
    const BoundFormula formula = find_activation("gated_pair", activation, parameters);
    check_pair("gated_pair", gate, other);
    check_out("gated_pair", result, gate);
    const typename Device::Guard guard(gate.device());
    Device::resize(result, gate);
    if constexpr (Device::has_memory) {
      at::assert_no_internal_overlap(result);
      // Each element is read before it is written: the result may be one of the two.
      at::assert_no_partial_overlap(result, gate);
      at::assert_no_partial_overlap(result, other);
    }
    Device::value(formula, result, gate, other);
    return result;
  }
  static std::tuple<Tensor, Tensor> pair_backward(const Tensor& grad_output, const Tensor& gate,
                                                  const Tensor& other, std::string_view activation,
                                                  at::ArrayRef<double> parameters) {
    const BoundFormula formula = find_activation("gated_pair_backward", activation, parameters);
    check_pair("gated_pair_backward", gate, other);
    check_same("gated_pair_backward", "grad_output", grad_output, gate);
    const typename Device::Guard guard(gate.device());
    const Tensor grad_gate = Device::empty_like(gate), grad_other = Device::empty_like(other);
    Device::backward(formula, grad_gate, grad_other, grad_output, gate, other);
    return {grad_gate, grad_other};
  }

  static void implement(torch::Library& m) {
    m.impl("glu", &glu);
    m.impl("glu.out", &glu_out);
    m.impl("glu_backward", &glu_backward);
    m.impl("gated", &gated);
    m.impl("gated.out", &gated_out);
    m.impl("gated_backward", &gated_backward);
    m.impl("gated_pair", &pair);
    m.impl("gated_pair.out", &pair_out);
    m.impl("gated_pair_backward", &pair_backward);
  }

 private:
  static void check_pair(const char* op, const Tensor& gate, const Tensor& other) {
    check_floating_point(op, gate);
    check_same(op, "other", other, gate);
  }
};

}  // namespace act
