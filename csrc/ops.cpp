// Written by tools/cxx_api.py from the schemas.
#include <act/ops.h>

#include "dispatcher.h"

namespace act {

at::Tensor add_gumbel(const at::Tensor& self, const at::Tensor& philox_state) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("add_gumbel");
  return op.call(self, philox_state);
}

at::Tensor bias_act(const at::Tensor& self, const at::Tensor& bias, std::string_view activation,
                    int64_t dim, at::ArrayRef<double> parameters) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, std::string_view,
                                            int64_t, at::ArrayRef<double>)>("bias_act");
  return op.call(self, bias, activation, dim, parameters);
}

at::Tensor& bias_act_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& bias,
                         std::string_view activation, int64_t dim,
                         at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, std::string_view, int64_t,
                          at::ArrayRef<double>, at::Tensor&)>("bias_act", "out");
  return op.call(self, bias, activation, dim, parameters, out);
}

std::tuple<at::Tensor, at::Tensor> bias_act_backward(
    const at::Tensor& grad_output, const at::Tensor& self_or_result, const at::Tensor& bias,
    std::string_view activation, int64_t dim, at::ArrayRef<double> parameters, bool is_result) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&, std::string_view, int64_t,
      at::ArrayRef<double>, bool)>("bias_act_backward");
  return op.call(grad_output, self_or_result, bias, activation, dim, parameters, is_result);
}

at::Tensor celu(const at::Tensor& self, const at::Scalar& alpha) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("celu");
  return op.call(self, alpha);
}

at::Tensor& celu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& alpha) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("celu", "out");
  return op.call(self, alpha, out);
}

at::Tensor& celu_(at::Tensor& self, const at::Scalar& alpha) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("celu_");
  return op.call(self, alpha);
}

at::Tensor celu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         const at::Scalar& alpha, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&, bool)>(
          "celu_backward");
  return op.call(grad_output, self_or_result, alpha, is_result);
}

at::Tensor celu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, const at::Scalar& alpha,
                                bool is_result) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&, bool)>("celu_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, alpha, is_result);
}

at::Tensor elu(const at::Tensor& self, const at::Scalar& alpha) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("elu");
  return op.call(self, alpha);
}

at::Tensor& elu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& alpha) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("elu", "out");
  return op.call(self, alpha, out);
}

at::Tensor& elu_(at::Tensor& self, const at::Scalar& alpha) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("elu_");
  return op.call(self, alpha);
}

at::Tensor elu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                        const at::Scalar& alpha, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&, bool)>(
          "elu_backward");
  return op.call(grad_output, self_or_result, alpha, is_result);
}

at::Tensor elu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                               const at::Tensor& self_or_result, const at::Scalar& alpha,
                               bool is_result) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&, bool)>("elu_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, alpha, is_result);
}

at::Tensor gated(const at::Tensor& self, std::string_view activation, std::string_view layout,
                 int64_t dim, at::ArrayRef<double> parameters) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, std::string_view, std::string_view,
                                            int64_t, at::ArrayRef<double>)>("gated");
  return op.call(self, activation, layout, dim, parameters);
}

at::Tensor& gated_out(at::Tensor& out, const at::Tensor& self, std::string_view activation,
                      std::string_view layout, int64_t dim, at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, std::string_view, std::string_view, int64_t,
                          at::ArrayRef<double>, at::Tensor&)>("gated", "out");
  return op.call(self, activation, layout, dim, parameters, out);
}

at::Tensor gated_backward(const at::Tensor& grad_output, const at::Tensor& self,
                          std::string_view activation, std::string_view layout, int64_t dim,
                          at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, std::string_view, std::string_view,
                         int64_t, at::ArrayRef<double>)>("gated_backward");
  return op.call(grad_output, self, activation, layout, dim, parameters);
}

at::Tensor gated_pair(const at::Tensor& gate, const at::Tensor& other, std::string_view activation,
                      at::ArrayRef<double> parameters) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, std::string_view,
                                            at::ArrayRef<double>)>("gated_pair");
  return op.call(gate, other, activation, parameters);
}

at::Tensor& gated_pair_out(at::Tensor& out, const at::Tensor& gate, const at::Tensor& other,
                           std::string_view activation, at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, std::string_view,
                          at::ArrayRef<double>, at::Tensor&)>("gated_pair", "out");
  return op.call(gate, other, activation, parameters, out);
}

std::tuple<at::Tensor, at::Tensor> gated_pair_backward(const at::Tensor& grad_output,
                                                       const at::Tensor& gate,
                                                       const at::Tensor& other,
                                                       std::string_view activation,
                                                       at::ArrayRef<double> parameters) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&, std::string_view,
      at::ArrayRef<double>)>("gated_pair_backward");
  return op.call(grad_output, gate, other, activation, parameters);
}

at::Tensor gelu(const at::Tensor& self, std::string_view approximate) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, std::string_view)>("gelu");
  return op.call(self, approximate);
}

at::Tensor& gelu_out(at::Tensor& out, const at::Tensor& self, std::string_view approximate) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, std::string_view, at::Tensor&)>("gelu", "out");
  return op.call(self, approximate, out);
}

at::Tensor& gelu_(at::Tensor& self, std::string_view approximate) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, std::string_view)>("gelu_");
  return op.call(self, approximate);
}

at::Tensor gelu_backward(const at::Tensor& grad_output, const at::Tensor& self,
                         std::string_view approximate) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, std::string_view)>("gelu_backward");
  return op.call(grad_output, self, approximate);
}

at::Tensor gelu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self, std::string_view approximate) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            std::string_view)>("gelu_double_backward");
  return op.call(grad_grad_input, grad_output, self, approximate);
}

at::Tensor glu(const at::Tensor& self, int64_t dim) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, int64_t)>("glu");
  return op.call(self, dim);
}

at::Tensor& glu_out(at::Tensor& out, const at::Tensor& self, int64_t dim) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, at::Tensor&)>("glu", "out");
  return op.call(self, dim, out);
}

at::Tensor glu_backward(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t)>("glu_backward");
  return op.call(grad_output, self, dim);
}

at::Tensor gumbel_softmax(const at::Tensor& logits, double tau, bool hard, int64_t dim,
                          std::optional<at::Generator> generator) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, double, bool, int64_t, std::optional<at::Generator>)>(
          "gumbel_softmax");
  return op.call(logits, tau, hard, dim, generator);
}

at::Tensor hard_mish(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("hard_mish");
  return op.call(self);
}

at::Tensor& hard_mish_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("hard_mish", "out");
  return op.call(self, out);
}

at::Tensor& hard_mish_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("hard_mish_");
  return op.call(self);
}

at::Tensor hard_mish_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("hard_mish_backward");
  return op.call(grad_output, self);
}

at::Tensor hard_mish_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "hard_mish_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor hardshrink(const at::Tensor& self, const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("hardshrink");
  return op.call(self, lambd);
}

at::Tensor& hardshrink_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("hardshrink", "out");
  return op.call(self, lambd, out);
}

at::Tensor& hardshrink_(at::Tensor& self, const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("hardshrink_");
  return op.call(self, lambd);
}

at::Tensor hardshrink_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "hardshrink_backward");
  return op.call(grad_output, self, lambd);
}

at::Tensor hardshrink_slope_bits(const at::Tensor& self, const at::Scalar& lambd,
                                 int64_t batch_dims) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, int64_t)>("hardshrink_slope_bits");
  return op.call(self, lambd, batch_dims);
}

at::Tensor hardshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&)>("hardshrink_double_backward");
  return op.call(grad_grad_input, grad_output, self, lambd);
}

at::Tensor hardshrink_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "hardshrink_backward_from_bits");
  return op.call(grad_output, bits, lambd);
}

at::Tensor hardsigmoid(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("hardsigmoid");
  return op.call(self);
}

at::Tensor& hardsigmoid_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("hardsigmoid", "out");
  return op.call(self, out);
}

at::Tensor& hardsigmoid_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("hardsigmoid_");
  return op.call(self);
}

at::Tensor hardsigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                                bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("hardsigmoid_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor hardsigmoid_slope_bits(const at::Tensor& self, int64_t batch_dims) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, int64_t)>("hardsigmoid_slope_bits");
  return op.call(self, batch_dims);
}

at::Tensor hardsigmoid_double_backward(const at::Tensor& grad_grad_input,
                                       const at::Tensor& grad_output,
                                       const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "hardsigmoid_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor hardsigmoid_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("hardsigmoid_backward_from_bits");
  return op.call(grad_output, bits);
}

at::Tensor hardswish(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("hardswish");
  return op.call(self);
}

at::Tensor& hardswish_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("hardswish", "out");
  return op.call(self, out);
}

at::Tensor& hardswish_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("hardswish_");
  return op.call(self);
}

at::Tensor hardswish_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("hardswish_backward");
  return op.call(grad_output, self);
}

at::Tensor hardswish_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "hardswish_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor hardtanh(const at::Tensor& self, const at::Scalar& min_val, const at::Scalar& max_val) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&)>("hardtanh");
  return op.call(self, min_val, max_val);
}

at::Tensor& hardtanh_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& min_val,
                         const at::Scalar& max_val) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, const at::Scalar&, at::Tensor&)>(
          "hardtanh", "out");
  return op.call(self, min_val, max_val, out);
}

at::Tensor& hardtanh_(at::Tensor& self, const at::Scalar& min_val, const at::Scalar& max_val) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Scalar&, const at::Scalar&)>("hardtanh_");
  return op.call(self, min_val, max_val);
}

at::Tensor hardtanh_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                             const at::Scalar& min_val, const at::Scalar& max_val, bool is_result) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&, bool)>("hardtanh_backward");
  return op.call(grad_output, self_or_result, min_val, max_val, is_result);
}

at::Tensor hardtanh_slope_bits(const at::Tensor& self, const at::Scalar& min_val,
                               const at::Scalar& max_val, int64_t batch_dims) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&, int64_t)>(
          "hardtanh_slope_bits");
  return op.call(self, min_val, max_val, batch_dims);
}

at::Tensor hardtanh_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self_or_result,
                                    const at::Scalar& min_val, const at::Scalar& max_val,
                                    bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
                         const at::Scalar&, bool)>("hardtanh_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, min_val, max_val, is_result);
}

at::Tensor hardtanh_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                       const at::Scalar& min_val, const at::Scalar& max_val) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&)>("hardtanh_backward_from_bits");
  return op.call(grad_output, bits, min_val, max_val);
}

at::Tensor laplace(const at::Tensor& self, const at::Scalar& mu, const at::Scalar& sigma) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&)>("laplace");
  return op.call(self, mu, sigma);
}

at::Tensor& laplace_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& mu,
                        const at::Scalar& sigma) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, const at::Scalar&, at::Tensor&)>(
          "laplace", "out");
  return op.call(self, mu, sigma, out);
}

at::Tensor& laplace_(at::Tensor& self, const at::Scalar& mu, const at::Scalar& sigma) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Scalar&, const at::Scalar&)>("laplace_");
  return op.call(self, mu, sigma);
}

at::Tensor laplace_backward(const at::Tensor& grad_output, const at::Tensor& self,
                            const at::Scalar& mu, const at::Scalar& sigma) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&)>("laplace_backward");
  return op.call(grad_output, self, mu, sigma);
}

at::Tensor laplace_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& self, const at::Scalar& mu,
                                   const at::Scalar& sigma) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
                         const at::Scalar&)>("laplace_double_backward");
  return op.call(grad_grad_input, grad_output, self, mu, sigma);
}

at::Tensor leaky_relu(const at::Tensor& self, const at::Scalar& negative_slope) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("leaky_relu");
  return op.call(self, negative_slope);
}

at::Tensor& leaky_relu_out(at::Tensor& out, const at::Tensor& self,
                           const at::Scalar& negative_slope) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("leaky_relu", "out");
  return op.call(self, negative_slope, out);
}

at::Tensor& leaky_relu_(at::Tensor& self, const at::Scalar& negative_slope) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("leaky_relu_");
  return op.call(self, negative_slope);
}

at::Tensor leaky_relu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                               const at::Scalar& negative_slope, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&, bool)>(
          "leaky_relu_backward");
  return op.call(grad_output, self_or_result, negative_slope, is_result);
}

at::Tensor leaky_relu_slope_bits(const at::Tensor& self, const at::Scalar& negative_slope,
                                 int64_t batch_dims) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, int64_t)>("leaky_relu_slope_bits");
  return op.call(self, negative_slope, batch_dims);
}

at::Tensor leaky_relu_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output,
                                      const at::Tensor& self_or_result,
                                      const at::Scalar& negative_slope, bool is_result) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&, bool)>("leaky_relu_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, negative_slope, is_result);
}

at::Tensor leaky_relu_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& negative_slope) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "leaky_relu_backward_from_bits");
  return op.call(grad_output, bits, negative_slope);
}

at::Tensor log_softmax(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, std::optional<at::ScalarType>)>("log_softmax");
  return op.call(self, dim, dtype);
}

at::Tensor& log_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                            std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, std::optional<at::ScalarType>, at::Tensor&)>(
          "log_softmax", "out");
  return op.call(self, dim, dtype, out);
}

at::Tensor log_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                int64_t dim, at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, at::ScalarType)>(
          "log_softmax_backward");
  return op.call(grad_output, output, dim, input_dtype);
}

at::Tensor logsigmoid(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("logsigmoid");
  return op.call(self);
}

at::Tensor& logsigmoid_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("logsigmoid", "out");
  return op.call(self, out);
}

at::Tensor& logsigmoid_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("logsigmoid_");
  return op.call(self);
}

at::Tensor logsigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("logsigmoid_backward");
  return op.call(grad_output, self);
}

at::Tensor logsigmoid_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "logsigmoid_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor masked_log_softmax(const at::Tensor& self, int64_t dim,
                              const std::optional<at::Tensor>& mask, double temperature,
                              std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                         std::string_view, std::optional<at::ScalarType>)>("masked_log_softmax");
  return op.call(self, dim, mask, temperature, empty, dtype);
}

at::Tensor& masked_log_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                                   const std::optional<at::Tensor>& mask, double temperature,
                                   std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                          std::string_view, std::optional<at::ScalarType>, at::Tensor&)>(
          "masked_log_softmax", "out");
  return op.call(self, dim, mask, temperature, empty, dtype, out);
}

at::Tensor masked_log_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                       int64_t dim, double temperature,
                                       at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, double, at::ScalarType)>(
          "masked_log_softmax_backward");
  return op.call(grad_output, output, dim, temperature, input_dtype);
}

at::Tensor masked_softmax(const at::Tensor& self, int64_t dim,
                          const std::optional<at::Tensor>& mask, double temperature,
                          std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                         std::string_view, std::optional<at::ScalarType>)>("masked_softmax");
  return op.call(self, dim, mask, temperature, empty, dtype);
}

at::Tensor& masked_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                               const std::optional<at::Tensor>& mask, double temperature,
                               std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                          std::string_view, std::optional<at::ScalarType>, at::Tensor&)>(
          "masked_softmax", "out");
  return op.call(self, dim, mask, temperature, empty, dtype, out);
}

at::Tensor masked_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                   int64_t dim, double temperature, at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, double, at::ScalarType)>(
          "masked_softmax_backward");
  return op.call(grad_output, output, dim, temperature, input_dtype);
}

at::Tensor masked_softmin(const at::Tensor& self, int64_t dim,
                          const std::optional<at::Tensor>& mask, double temperature,
                          std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                         std::string_view, std::optional<at::ScalarType>)>("masked_softmin");
  return op.call(self, dim, mask, temperature, empty, dtype);
}

at::Tensor& masked_softmin_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                               const std::optional<at::Tensor>& mask, double temperature,
                               std::string_view empty, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, const std::optional<at::Tensor>&, double,
                          std::string_view, std::optional<at::ScalarType>, at::Tensor&)>(
          "masked_softmin", "out");
  return op.call(self, dim, mask, temperature, empty, dtype, out);
}

at::Tensor masked_softmin_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                   int64_t dim, double temperature, at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, double, at::ScalarType)>(
          "masked_softmin_backward");
  return op.call(grad_output, output, dim, temperature, input_dtype);
}

at::Tensor mish(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("mish");
  return op.call(self);
}

at::Tensor& mish_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("mish", "out");
  return op.call(self, out);
}

at::Tensor& mish_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("mish_");
  return op.call(self);
}

at::Tensor mish_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("mish_backward");
  return op.call(grad_output, self);
}

at::Tensor mish_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "mish_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor philox_state(const at::Tensor& like, c10::SymIntArrayRef batch,
                        std::optional<at::Generator> generator) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, c10::SymIntArrayRef, std::optional<at::Generator>)>(
          "philox_state");
  return op.call(like, batch, generator);
}

at::Tensor prelu(const at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("prelu");
  return op.call(self, weight);
}

at::Tensor& prelu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& weight) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, at::Tensor&)>("prelu", "out");
  return op.call(self, weight, out);
}

at::Tensor& prelu_(at::Tensor& self, const at::Tensor& weight) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Tensor&)>("prelu_");
  return op.call(self, weight);
}

std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self,
                                                  const at::Tensor& weight) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&)>("prelu_backward");
  return op.call(grad_output, self, weight);
}

at::Tensor quick_gelu(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("quick_gelu");
  return op.call(self);
}

at::Tensor& quick_gelu_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("quick_gelu", "out");
  return op.call(self, out);
}

at::Tensor& quick_gelu_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("quick_gelu_");
  return op.call(self);
}

at::Tensor quick_gelu_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("quick_gelu_backward");
  return op.call(grad_output, self);
}

at::Tensor quick_gelu_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "quick_gelu_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor relu(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("relu");
  return op.call(self);
}

at::Tensor& relu_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("relu", "out");
  return op.call(self, out);
}

at::Tensor& relu_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("relu_");
  return op.call(self);
}

at::Tensor relu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("relu_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor relu_slope_bits(const at::Tensor& self, int64_t batch_dims) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, int64_t)>("relu_slope_bits");
  return op.call(self, batch_dims);
}

at::Tensor relu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "relu_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor relu_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("relu_backward_from_bits");
  return op.call(grad_output, bits);
}

at::Tensor relu6(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("relu6");
  return op.call(self);
}

at::Tensor& relu6_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("relu6", "out");
  return op.call(self, out);
}

at::Tensor& relu6_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("relu6_");
  return op.call(self);
}

at::Tensor relu6_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                          bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("relu6_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor relu6_slope_bits(const at::Tensor& self, int64_t batch_dims) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, int64_t)>("relu6_slope_bits");
  return op.call(self, batch_dims);
}

at::Tensor relu6_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                 const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "relu6_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor relu6_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("relu6_backward_from_bits");
  return op.call(grad_output, bits);
}

at::Tensor relu_squared(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("relu_squared");
  return op.call(self);
}

at::Tensor& relu_squared_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("relu_squared", "out");
  return op.call(self, out);
}

at::Tensor& relu_squared_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("relu_squared_");
  return op.call(self);
}

at::Tensor relu_squared_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("relu_squared_backward");
  return op.call(grad_output, self);
}

at::Tensor relu_squared_double_backward(const at::Tensor& grad_grad_input,
                                        const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "relu_squared_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor rrelu(const at::Tensor& self, const at::Scalar& lower, const at::Scalar& upper,
                 bool training, std::optional<at::Generator> generator) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&,
                                            bool, std::optional<at::Generator>)>("rrelu");
  return op.call(self, lower, upper, training, generator);
}

at::Tensor& rrelu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lower,
                      const at::Scalar& upper, bool training,
                      std::optional<at::Generator> generator) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, const at::Scalar&, bool,
                          std::optional<at::Generator>, at::Tensor&)>("rrelu", "out");
  return op.call(self, lower, upper, training, generator, out);
}

at::Tensor& rrelu_(at::Tensor& self, const at::Scalar& lower, const at::Scalar& upper,
                   bool training, std::optional<at::Generator> generator) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&, const at::Scalar&,
                                             bool, std::optional<at::Generator>)>("rrelu_");
  return op.call(self, lower, upper, training, generator);
}

at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                          const at::Tensor& philox_state, const at::Scalar& lower,
                          const at::Scalar& upper, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
                         const at::Scalar&, bool)>("rrelu_backward");
  return op.call(grad_output, self_or_result, philox_state, lower, upper, is_result);
}

at::Tensor rrelu_with_state(const at::Tensor& self, const at::Tensor& philox_state,
                            const at::Scalar& lower, const at::Scalar& upper) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&)>("rrelu_with_state");
  return op.call(self, philox_state, lower, upper);
}

at::Tensor& rrelu_with_state_out(at::Tensor& out, const at::Tensor& self,
                                 const at::Tensor& philox_state, const at::Scalar& lower,
                                 const at::Scalar& upper) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                          const at::Scalar&, at::Tensor&)>("rrelu_with_state", "out");
  return op.call(self, philox_state, lower, upper, out);
}

std::tuple<at::Tensor, at::Tensor> rrelu_with_slopes(const at::Tensor& self,
                                                     const at::Tensor& philox_state,
                                                     const at::Scalar& lower,
                                                     const at::Scalar& upper) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Scalar&, const at::Scalar&)>(
      "rrelu_with_slopes");
  return op.call(self, philox_state, lower, upper);
}

at::Tensor& rrelu_with_state_(at::Tensor& self, const at::Tensor& philox_state,
                              const at::Scalar& lower, const at::Scalar& upper) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Tensor&, const at::Scalar&, const at::Scalar&)>(
          "rrelu_with_state_");
  return op.call(self, philox_state, lower, upper);
}

at::Tensor rrelu_backward_from_slopes(const at::Tensor& grad_output, const at::Tensor& slopes) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("rrelu_backward_from_slopes");
  return op.call(grad_output, slopes);
}

at::Tensor selu(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("selu");
  return op.call(self);
}

at::Tensor& selu_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("selu", "out");
  return op.call(self, out);
}

at::Tensor& selu_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("selu_");
  return op.call(self);
}

at::Tensor selu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("selu_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor selu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "selu_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor sigmoid(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("sigmoid");
  return op.call(self);
}

at::Tensor& sigmoid_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("sigmoid", "out");
  return op.call(self, out);
}

at::Tensor& sigmoid_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("sigmoid_");
  return op.call(self);
}

at::Tensor sigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                            bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("sigmoid_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor sigmoid_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "sigmoid_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor silu(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("silu");
  return op.call(self);
}

at::Tensor& silu_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("silu", "out");
  return op.call(self, out);
}

at::Tensor& silu_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("silu_");
  return op.call(self);
}

at::Tensor silu_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("silu_backward");
  return op.call(grad_output, self);
}

at::Tensor silu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "silu_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor snake(const at::Tensor& self, const at::Tensor& alpha, const at::Tensor& beta) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>("snake");
  return op.call(self, alpha, beta);
}

at::Tensor& snake_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& alpha,
                      const at::Tensor& beta) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, const at::Tensor&, at::Tensor&)>(
          "snake", "out");
  return op.call(self, alpha, beta, out);
}

at::Tensor& snake_(at::Tensor& self, const at::Tensor& alpha, const at::Tensor& beta) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&)>("snake_");
  return op.call(self, alpha, beta);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> snake_backward(const at::Tensor& grad_output,
                                                              const at::Tensor& self,
                                                              const at::Tensor& alpha,
                                                              const at::Tensor& beta) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
      "snake_backward");
  return op.call(grad_output, self, alpha, beta);
}

at::Tensor softmax(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, std::optional<at::ScalarType>)>("softmax");
  return op.call(self, dim, dtype);
}

at::Tensor& softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                        std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, std::optional<at::ScalarType>, at::Tensor&)>(
          "softmax", "out");
  return op.call(self, dim, dtype, out);
}

at::Tensor softmax_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                            at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, at::ScalarType)>(
          "softmax_backward");
  return op.call(grad_output, output, dim, input_dtype);
}

at::Tensor softmin(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, int64_t, std::optional<at::ScalarType>)>("softmin");
  return op.call(self, dim, dtype);
}

at::Tensor& softmin_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                        std::optional<at::ScalarType> dtype) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, int64_t, std::optional<at::ScalarType>, at::Tensor&)>(
          "softmin", "out");
  return op.call(self, dim, dtype, out);
}

at::Tensor softmin_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                            at::ScalarType input_dtype) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t, at::ScalarType)>(
          "softmin_backward");
  return op.call(grad_output, output, dim, input_dtype);
}

at::Tensor softplus(const at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&)>("softplus");
  return op.call(self, beta, threshold);
}

at::Tensor& softplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& beta,
                         const at::Scalar& threshold) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, const at::Scalar&, at::Tensor&)>(
          "softplus", "out");
  return op.call(self, beta, threshold, out);
}

at::Tensor& softplus_(at::Tensor& self, const at::Scalar& beta, const at::Scalar& threshold) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Scalar&, const at::Scalar&)>("softplus_");
  return op.call(self, beta, threshold);
}

at::Tensor softplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                             const at::Scalar& beta, const at::Scalar& threshold) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&)>("softplus_backward");
  return op.call(grad_output, self, beta, threshold);
}

at::Tensor softplus_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self,
                                    const at::Scalar& beta, const at::Scalar& threshold) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
                         const at::Scalar&)>("softplus_double_backward");
  return op.call(grad_grad_input, grad_output, self, beta, threshold);
}

at::Tensor softshrink(const at::Tensor& self, const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("softshrink");
  return op.call(self, lambd);
}

at::Tensor& softshrink_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("softshrink", "out");
  return op.call(self, lambd, out);
}

at::Tensor& softshrink_(at::Tensor& self, const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("softshrink_");
  return op.call(self, lambd);
}

at::Tensor softshrink_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "softshrink_backward");
  return op.call(grad_output, self, lambd);
}

at::Tensor softshrink_slope_bits(const at::Tensor& self, const at::Scalar& lambd,
                                 int64_t batch_dims) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, int64_t)>("softshrink_slope_bits");
  return op.call(self, lambd, batch_dims);
}

at::Tensor softshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& lambd) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&)>("softshrink_double_backward");
  return op.call(grad_grad_input, grad_output, self, lambd);
}

at::Tensor softshrink_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& lambd) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "softshrink_backward_from_bits");
  return op.call(grad_output, bits, lambd);
}

at::Tensor softsign(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("softsign");
  return op.call(self);
}

at::Tensor& softsign_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("softsign", "out");
  return op.call(self, out);
}

at::Tensor& softsign_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("softsign_");
  return op.call(self);
}

at::Tensor softsign_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("softsign_backward");
  return op.call(grad_output, self);
}

at::Tensor softsign_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "softsign_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor squareplus(const at::Tensor& self, const at::Scalar& b) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Scalar&)>("squareplus");
  return op.call(self, b);
}

at::Tensor& squareplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& b) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, at::Tensor&)>("squareplus", "out");
  return op.call(self, b, out);
}

at::Tensor& squareplus_(at::Tensor& self, const at::Scalar& b) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Scalar&)>("squareplus_");
  return op.call(self, b);
}

at::Tensor squareplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& b) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&)>(
          "squareplus_backward");
  return op.call(grad_output, self, b);
}

at::Tensor squareplus_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& b) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&)>("squareplus_double_backward");
  return op.call(grad_grad_input, grad_output, self, b);
}

at::Tensor star_relu(const at::Tensor& self, const at::Tensor& scale, const at::Tensor& bias) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>("star_relu");
  return op.call(self, scale, bias);
}

at::Tensor& star_relu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& scale,
                          const at::Tensor& bias) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, const at::Tensor&, at::Tensor&)>(
          "star_relu", "out");
  return op.call(self, scale, bias, out);
}

at::Tensor& star_relu_(at::Tensor& self, const at::Tensor& scale, const at::Tensor& bias) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&)>("star_relu_");
  return op.call(self, scale, bias);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> star_relu_backward(const at::Tensor& grad_output,
                                                                  const at::Tensor& self,
                                                                  const at::Tensor& scale,
                                                                  const at::Tensor& bias) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
      "star_relu_backward");
  return op.call(grad_output, self, scale, bias);
}

at::Tensor tanh(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("tanh");
  return op.call(self);
}

at::Tensor& tanh_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("tanh", "out");
  return op.call(self, out);
}

at::Tensor& tanh_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("tanh_");
  return op.call(self);
}

at::Tensor tanh_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, bool)>("tanh_backward");
  return op.call(grad_output, self_or_result, is_result);
}

at::Tensor tanh_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, bool)>(
          "tanh_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, is_result);
}

at::Tensor tanhshrink(const at::Tensor& self) {
  static const auto op = find_op<at::Tensor(const at::Tensor&)>("tanhshrink");
  return op.call(self);
}

at::Tensor& tanhshrink_out(at::Tensor& out, const at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(const at::Tensor&, at::Tensor&)>("tanhshrink", "out");
  return op.call(self, out);
}

at::Tensor& tanhshrink_(at::Tensor& self) {
  static const auto op = find_op<at::Tensor&(at::Tensor&)>("tanhshrink_");
  return op.call(self);
}

at::Tensor tanhshrink_backward(const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&)>("tanhshrink_backward");
  return op.call(grad_output, self);
}

at::Tensor tanhshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&)>(
          "tanhshrink_double_backward");
  return op.call(grad_grad_input, grad_output, self);
}

at::Tensor threshold(const at::Tensor& self, const at::Scalar& threshold, const at::Scalar& value) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&)>("threshold");
  return op.call(self, threshold, value);
}

at::Tensor& threshold_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& threshold,
                          const at::Scalar& value) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Scalar&, const at::Scalar&, at::Tensor&)>(
          "threshold", "out");
  return op.call(self, threshold, value, out);
}

at::Tensor& threshold_(at::Tensor& self, const at::Scalar& threshold, const at::Scalar& value) {
  static const auto op =
      find_op<at::Tensor&(at::Tensor&, const at::Scalar&, const at::Scalar&)>("threshold_");
  return op.call(self, threshold, value);
}

at::Tensor threshold_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                              const at::Scalar& threshold, const at::Scalar& value,
                              bool is_result) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&, bool)>("threshold_backward");
  return op.call(grad_output, self_or_result, threshold, value, is_result);
}

at::Tensor threshold_slope_bits(const at::Tensor& self, const at::Scalar& threshold,
                                const at::Scalar& value, int64_t batch_dims) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Scalar&, const at::Scalar&, int64_t)>(
          "threshold_slope_bits");
  return op.call(self, threshold, value, batch_dims);
}

at::Tensor threshold_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output,
                                     const at::Tensor& self_or_result, const at::Scalar& threshold,
                                     const at::Scalar& value, bool is_result) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
                         const at::Scalar&, bool)>("threshold_double_backward");
  return op.call(grad_grad_input, grad_output, self_or_result, threshold, value, is_result);
}

at::Tensor threshold_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                        const at::Scalar& threshold, const at::Scalar& value) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Scalar&,
                                            const at::Scalar&)>("threshold_backward_from_bits");
  return op.call(grad_output, bits, threshold, value);
}

at::Tensor xielu(const at::Tensor& self, const at::Tensor& alpha_p, const at::Tensor& alpha_n,
                 const at::Scalar& beta, const at::Scalar& eps) {
  static const auto op = find_op<at::Tensor(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                            const at::Scalar&, const at::Scalar&)>("xielu");
  return op.call(self, alpha_p, alpha_n, beta, eps);
}

at::Tensor& xielu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& alpha_p,
                      const at::Tensor& alpha_n, const at::Scalar& beta, const at::Scalar& eps) {
  static const auto op =
      find_op<at::Tensor&(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                          const at::Scalar&, const at::Scalar&, at::Tensor&)>("xielu", "out");
  return op.call(self, alpha_p, alpha_n, beta, eps, out);
}

at::Tensor& xielu_(at::Tensor& self, const at::Tensor& alpha_p, const at::Tensor& alpha_n,
                   const at::Scalar& beta, const at::Scalar& eps) {
  static const auto op = find_op<at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&,
                                             const at::Scalar&, const at::Scalar&)>("xielu_");
  return op.call(self, alpha_p, alpha_n, beta, eps);
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> xielu_backward(
    const at::Tensor& grad_output, const at::Tensor& self, const at::Tensor& alpha_p,
    const at::Tensor& alpha_n, const at::Scalar& beta, const at::Scalar& eps) {
  static const auto op = find_op<std::tuple<at::Tensor, at::Tensor, at::Tensor>(
      const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Tensor&, const at::Scalar&,
      const at::Scalar&)>("xielu_backward");
  return op.call(grad_output, self, alpha_p, alpha_n, beta, eps);
}

}  // namespace act
