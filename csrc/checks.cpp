#include "checks.h"

#include <ATen/core/Formatting.h>
#include <act/formulas/rrelu.h>

#include "channel_parameter.h"
#include "random_state.h"

namespace act {

void check_floating_point(const char* op, const at::Tensor& tensor) {
  TORCH_CHECK(is_supported(tensor.scalar_type()), "act::", op, ": expected a tensor of ",
              supported_dtypes, ", got ", tensor.scalar_type());
}

void check_same(const char* op, const char* name, const at::Tensor& tensor,
                const at::Tensor& self) {
  TORCH_CHECK(tensor.scalar_type() == self.scalar_type(), "act::", op, ": expected ", name,
              " to have the dtype of the input, ", self.scalar_type(), ", got ",
              tensor.scalar_type());
  TORCH_CHECK(tensor.device() == self.device(), "act::", op, ": expected ", name,
              " to be on the device of the input, ", self.device(), ", got ", tensor.device());
  TORCH_CHECK(tensor.sym_sizes() == self.sym_sizes(), "act::", op, ": expected ", name,
              " to have the shape of the input, ", self.sym_sizes(), ", got ", tensor.sym_sizes());
}

void check_out(const char* op, const at::Tensor& out, const at::Tensor& self) {
  check_out(op, out, self, self.scalar_type());
}

void check_out(const char* op, const at::Tensor& out, const at::Tensor& self,
               at::ScalarType dtype) {
  TORCH_CHECK(out.scalar_type() == dtype, "act::", op, ": expected out to have dtype ", dtype,
              ", got ", out.scalar_type());
  TORCH_CHECK(out.device() == self.device(), "act::", op, ": expected out to be on ", self.device(),
              ", got ", out.device());
}

void check_prelu(const at::Tensor& self, const at::Tensor& weight) {
  check_floating_point("prelu", self);
  check_channel_parameter("prelu", "weight", weight, self);
}

void check_prelu_shapes(c10::SymIntArrayRef self, c10::SymIntArrayRef weight) {
  check_channel_sizes("prelu", "weight", weight, self);
}

ParameterValues check_parameters(const Declaration& declaration,
                                 std::initializer_list<at::Scalar> values) {
  const auto& [first, second] = declaration.parameters;
  double numbers[2] = {};
  std::size_t k = 0;
  for (const at::Scalar& value : values) {
    TORCH_CHECK(!value.isComplex(), "act::", declaration.name, ": expected ",
                declaration.parameters[k].name, " to be a real number, got ", value);
    numbers[k++] = value.toDouble();
  }
  const ParameterValues result{numbers[0], numbers[1]};
  if (declaration.accepts == nullptr || declaration.accepts(result)) return result;
  TORCH_CHECK_VALUE(second.name == nullptr, "act::", declaration.name, ": expected ",
                    declaration.requirement, ", got ", first.name, "=", result.first, ", ",
                    second.name, "=", result.second);
  TORCH_CHECK_VALUE(false, "act::", declaration.name, ": expected ", declaration.requirement,
                    ", got ", first.name, "=", result.first);
}

ParameterValues check_rrelu_bounds(const at::Scalar& lower, const at::Scalar& upper) {
  return check_parameters(formulas::Rrelu<double>::declaration, {lower, upper});
}

std::vector<c10::SymInt> slope_bits_sizes(const char* op, const at::Tensor& self,
                                          int64_t batch_dims) {
  TORCH_CHECK_INDEX(0 <= batch_dims && batch_dims <= self.dim(), "act::", op,
                    "_slope_bits: expected batch_dims in [0, ", self.dim(), "], got ", batch_dims);
  const auto batch = static_cast<std::size_t>(batch_dims);
  std::vector<c10::SymInt> sizes = self.sym_sizes().slice(0, batch).vec();
  c10::SymInt elements = 1;
  for (const c10::SymInt& size : self.sym_sizes().slice(batch)) elements *= size;
  sizes.push_back((elements + 3) / 4);
  return sizes;
}

void check_slope_bits(const char* op, const at::Tensor& bits, const at::Tensor& grad_output) {
  check_floating_point(op, grad_output);
  TORCH_CHECK(bits.scalar_type() == at::kByte, "act::", op,
              "_backward_from_bits: expected bits of torch.uint8, got ", bits.scalar_type());
  TORCH_CHECK(bits.device() == grad_output.device(), "act::", op,
              "_backward_from_bits: expected bits on the device of grad_output, ",
              grad_output.device(), ", got ", bits.device());
  const int64_t batch_dims = bits.dim() - 1;
  TORCH_CHECK(0 <= batch_dims && batch_dims <= grad_output.dim() &&
                  bits.sym_sizes() == slope_bits_sizes(op, grad_output, batch_dims),
              "act::", op,
              "_backward_from_bits: expected two bits for each element of grad_output, of shape ",
              grad_output.sym_sizes(), ", four to a byte, got bits of shape ", bits.sym_sizes());
}

at::ScalarType rrelu_slopes_dtype(const at::Tensor& self) {
  return self.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
}

void check_rrelu_slopes(const at::Tensor& slopes, const at::Tensor& grad_output) {
  check_floating_point("rrelu_backward_from_slopes", grad_output);
  const at::ScalarType dtype = rrelu_slopes_dtype(grad_output);
  TORCH_CHECK(slopes.scalar_type() == dtype, "act::rrelu_backward_from_slopes: expected slopes of ",
              dtype, " for a grad_output of ", grad_output.scalar_type(), ", got ",
              slopes.scalar_type());
  TORCH_CHECK(slopes.device() == grad_output.device(),
              "act::rrelu_backward_from_slopes: expected slopes on the device of grad_output, ",
              grad_output.device(), ", got ", slopes.device());
  TORCH_CHECK(slopes.sym_sizes() == grad_output.sym_sizes(),
              "act::rrelu_backward_from_slopes: expected slopes of grad_output's shape, ",
              grad_output.sym_sizes(), ", got ", slopes.sym_sizes());
}

void check_philox_state(const char* op, const at::Tensor& state, const at::Tensor& self) {
  const c10::SymIntArrayRef sizes = state.sym_sizes();
  TORCH_CHECK(state.scalar_type() == at::kLong && !sizes.empty() && sizes.back() == 2, "act::", op,
              ": expected philox_state to hold two int64 (seed, offset), got ", state.scalar_type(),
              " of shape ", sizes);
  const c10::SymIntArrayRef batch = sizes.slice(0, sizes.size() - 1);
  TORCH_CHECK(
      batch.size() <= self.sym_sizes().size() && batch == self.sym_sizes().slice(0, batch.size()),
      "act::", op,
      ": expected one philox_state, or one for each index of the leading "
      "dimensions of an input of shape ",
      self.sym_sizes(), ", got states of shape ", sizes);
  TORCH_CHECK(state.device() == self.device(), "act::", op,
              ": expected philox_state to be on the device of the input, ", self.device(), ", got ",
              state.device());
}

void check_philox_state(const at::Tensor& state, const at::Tensor& self) {
  check_philox_state("rrelu", state, self);
}

ParameterValues check_rrelu(const at::Tensor& self, const at::Tensor& state,
                            const at::Scalar& lower, const at::Scalar& upper) {
  check_floating_point("rrelu", self);
  check_philox_state(state, self);
  return check_rrelu_bounds(lower, upper);
}

// The sign of the saved tensor decides, and the output has the input's sign where no slope is
// negative.
ParameterValues check_rrelu_backward(const at::Tensor& grad_output, const at::Tensor& saved,
                                     const at::Tensor& state, const at::Scalar& lower,
                                     const at::Scalar& upper, bool is_result) {
  check_floating_point("rrelu_backward", saved);
  check_same("rrelu_backward", "grad_output", grad_output, saved);
  check_philox_state(state, saved);
  const ParameterValues bounds = check_rrelu_bounds(lower, upper);
  TORCH_CHECK(!is_result || bounds.first >= 0,
              "act::rrelu_backward: expected lower >= 0 to take the gradient from the output, got ",
              bounds.first);
  return bounds;
}

}  // namespace act
