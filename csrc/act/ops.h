// Every op of the namespace act as a C++ function, through the dispatcher: autograd, every device
// and every layout, as from Python. Arguments and defaults are those of torch.ops.act.
//
// Written by tools/cxx_api.py from the schemas.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>
#include <c10/core/SymIntArrayRef.h>

#include <optional>
#include <string_view>
#include <tuple>

namespace [[gnu::visibility("default")]] act {

at::Tensor add_gumbel(const at::Tensor& self, const at::Tensor& philox_state);

at::Tensor bias_act(const at::Tensor& self, const at::Tensor& bias, std::string_view activation,
                    int64_t dim = -1, at::ArrayRef<double> parameters = {});
at::Tensor& bias_act_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& bias,
                         std::string_view activation, int64_t dim = -1,
                         at::ArrayRef<double> parameters = {});

std::tuple<at::Tensor, at::Tensor> bias_act_backward(const at::Tensor& grad_output,
                                                     const at::Tensor& self_or_result,
                                                     const at::Tensor& bias,
                                                     std::string_view activation, int64_t dim = -1,
                                                     at::ArrayRef<double> parameters = {},
                                                     bool is_result = false);

// celu: x if x > 0, else alpha * (exp(x / alpha) - 1)
at::Tensor celu(const at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor& celu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor& celu_(at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor celu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         const at::Scalar& alpha = 1, bool is_result = false);
at::Tensor celu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, const at::Scalar& alpha = 1,
                                bool is_result = false);

// elu: x if x > 0, else alpha * (exp(x) - 1)
at::Tensor elu(const at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor& elu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor& elu_(at::Tensor& self, const at::Scalar& alpha = 1);
at::Tensor elu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                        const at::Scalar& alpha = 1, bool is_result = false);
at::Tensor elu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                               const at::Tensor& self_or_result, const at::Scalar& alpha = 1,
                               bool is_result = false);

at::Tensor gated(const at::Tensor& self, std::string_view activation,
                 std::string_view layout = "first", int64_t dim = -1,
                 at::ArrayRef<double> parameters = {});
at::Tensor& gated_out(at::Tensor& out, const at::Tensor& self, std::string_view activation,
                      std::string_view layout = "first", int64_t dim = -1,
                      at::ArrayRef<double> parameters = {});

at::Tensor gated_backward(const at::Tensor& grad_output, const at::Tensor& self,
                          std::string_view activation, std::string_view layout = "first",
                          int64_t dim = -1, at::ArrayRef<double> parameters = {});

at::Tensor gated_pair(const at::Tensor& gate, const at::Tensor& other, std::string_view activation,
                      at::ArrayRef<double> parameters = {});
at::Tensor& gated_pair_out(at::Tensor& out, const at::Tensor& gate, const at::Tensor& other,
                           std::string_view activation, at::ArrayRef<double> parameters = {});

std::tuple<at::Tensor, at::Tensor> gated_pair_backward(const at::Tensor& grad_output,
                                                       const at::Tensor& gate,
                                                       const at::Tensor& other,
                                                       std::string_view activation,
                                                       at::ArrayRef<double> parameters = {});

// gelu: x * Φ(x) = x * erfc(-x / √2) / 2 (approximate='none'); x / 2 * (1 + tanh(√(2/π) * (x +
// 0.044715 * x³))) (approximate='tanh')
at::Tensor gelu(const at::Tensor& self, std::string_view approximate = "none");
at::Tensor& gelu_out(at::Tensor& out, const at::Tensor& self,
                     std::string_view approximate = "none");
at::Tensor& gelu_(at::Tensor& self, std::string_view approximate = "none");
at::Tensor gelu_backward(const at::Tensor& grad_output, const at::Tensor& self,
                         std::string_view approximate = "none");
at::Tensor gelu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self, std::string_view approximate = "none");

// glu: a * σ(b), where a and b are the two halves of the input along dim
at::Tensor glu(const at::Tensor& self, int64_t dim = -1);
at::Tensor& glu_out(at::Tensor& out, const at::Tensor& self, int64_t dim = -1);
at::Tensor glu_backward(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim);

at::Tensor gumbel_softmax(const at::Tensor& logits, double tau = 1., bool hard = false,
                          int64_t dim = -1, std::optional<at::Generator> generator = std::nullopt);

// hard_mish: x / 2 * min(2, max(0, x + 2))
at::Tensor hard_mish(const at::Tensor& self);
at::Tensor& hard_mish_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& hard_mish_(at::Tensor& self);
at::Tensor hard_mish_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor hard_mish_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output, const at::Tensor& self);

// hardshrink: x if |x| > lambd, else 0
at::Tensor hardshrink(const at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor& hardshrink_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor& hardshrink_(at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor hardshrink_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& lambd = 0.5);
at::Tensor hardshrink_slope_bits(const at::Tensor& self, const at::Scalar& lambd = 0.5,
                                 int64_t batch_dims = 0);
at::Tensor hardshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& lambd = 0.5);
at::Tensor hardshrink_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& lambd = 0.5);

// hardsigmoid: min(max(x + 3, 0), 6) / 6
at::Tensor hardsigmoid(const at::Tensor& self);
at::Tensor& hardsigmoid_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& hardsigmoid_(at::Tensor& self);
at::Tensor hardsigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                                bool is_result = false);
at::Tensor hardsigmoid_slope_bits(const at::Tensor& self, int64_t batch_dims = 0);
at::Tensor hardsigmoid_double_backward(const at::Tensor& grad_grad_input,
                                       const at::Tensor& grad_output,
                                       const at::Tensor& self_or_result, bool is_result = false);
at::Tensor hardsigmoid_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits);

// hardswish: x * min(max(x + 3, 0), 6) / 6
at::Tensor hardswish(const at::Tensor& self);
at::Tensor& hardswish_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& hardswish_(at::Tensor& self);
at::Tensor hardswish_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor hardswish_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output, const at::Tensor& self);

// hardtanh: min(max(x, min_val), max_val)
at::Tensor hardtanh(const at::Tensor& self, const at::Scalar& min_val = -1,
                    const at::Scalar& max_val = 1);
at::Tensor& hardtanh_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& min_val = -1,
                         const at::Scalar& max_val = 1);
at::Tensor& hardtanh_(at::Tensor& self, const at::Scalar& min_val = -1,
                      const at::Scalar& max_val = 1);
at::Tensor hardtanh_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                             const at::Scalar& min_val = -1, const at::Scalar& max_val = 1,
                             bool is_result = false);
at::Tensor hardtanh_slope_bits(const at::Tensor& self, const at::Scalar& min_val = -1,
                               const at::Scalar& max_val = 1, int64_t batch_dims = 0);
at::Tensor hardtanh_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self_or_result,
                                    const at::Scalar& min_val = -1, const at::Scalar& max_val = 1,
                                    bool is_result = false);
at::Tensor hardtanh_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                       const at::Scalar& min_val = -1,
                                       const at::Scalar& max_val = 1);

// laplace: (1 + erf((x - mu) / (sigma * √2))) / 2
at::Tensor laplace(const at::Tensor& self, const at::Scalar& mu = 0.70710700000000004,
                   const at::Scalar& sigma = 0.28209499999999998);
at::Tensor& laplace_out(at::Tensor& out, const at::Tensor& self,
                        const at::Scalar& mu = 0.70710700000000004,
                        const at::Scalar& sigma = 0.28209499999999998);
at::Tensor& laplace_(at::Tensor& self, const at::Scalar& mu = 0.70710700000000004,
                     const at::Scalar& sigma = 0.28209499999999998);
at::Tensor laplace_backward(const at::Tensor& grad_output, const at::Tensor& self,
                            const at::Scalar& mu = 0.70710700000000004,
                            const at::Scalar& sigma = 0.28209499999999998);
at::Tensor laplace_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& self,
                                   const at::Scalar& mu = 0.70710700000000004,
                                   const at::Scalar& sigma = 0.28209499999999998);

// leaky_relu: x if x > 0, else negative_slope * x
at::Tensor leaky_relu(const at::Tensor& self, const at::Scalar& negative_slope = 0.01);
at::Tensor& leaky_relu_out(at::Tensor& out, const at::Tensor& self,
                           const at::Scalar& negative_slope = 0.01);
at::Tensor& leaky_relu_(at::Tensor& self, const at::Scalar& negative_slope = 0.01);
at::Tensor leaky_relu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                               const at::Scalar& negative_slope = 0.01, bool is_result = false);
at::Tensor leaky_relu_slope_bits(const at::Tensor& self, const at::Scalar& negative_slope = 0.01,
                                 int64_t batch_dims = 0);
at::Tensor leaky_relu_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output,
                                      const at::Tensor& self_or_result,
                                      const at::Scalar& negative_slope = 0.01,
                                      bool is_result = false);
at::Tensor leaky_relu_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& negative_slope = 0.01);

// log_softmax: x_i - log Σ_j exp(x_j), over the elements of one dimension
at::Tensor log_softmax(const at::Tensor& self, int64_t dim,
                       std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& log_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                            std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor log_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                int64_t dim, at::ScalarType input_dtype);

// logsigmoid: log(1 / (1 + exp(-x))) = -log(1 + exp(-x))
at::Tensor logsigmoid(const at::Tensor& self);
at::Tensor& logsigmoid_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& logsigmoid_(at::Tensor& self);
at::Tensor logsigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor logsigmoid_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self);

at::Tensor masked_log_softmax(const at::Tensor& self, int64_t dim,
                              const std::optional<at::Tensor>& mask = std::nullopt,
                              double temperature = 1., std::string_view empty = "zero",
                              std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& masked_log_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                                   const std::optional<at::Tensor>& mask = std::nullopt,
                                   double temperature = 1., std::string_view empty = "zero",
                                   std::optional<at::ScalarType> dtype = std::nullopt);

at::Tensor masked_log_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                       int64_t dim, double temperature, at::ScalarType input_dtype);

at::Tensor masked_softmax(const at::Tensor& self, int64_t dim,
                          const std::optional<at::Tensor>& mask = std::nullopt,
                          double temperature = 1., std::string_view empty = "zero",
                          std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& masked_softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                               const std::optional<at::Tensor>& mask = std::nullopt,
                               double temperature = 1., std::string_view empty = "zero",
                               std::optional<at::ScalarType> dtype = std::nullopt);

at::Tensor masked_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                   int64_t dim, double temperature, at::ScalarType input_dtype);

at::Tensor masked_softmin(const at::Tensor& self, int64_t dim,
                          const std::optional<at::Tensor>& mask = std::nullopt,
                          double temperature = 1., std::string_view empty = "zero",
                          std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& masked_softmin_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                               const std::optional<at::Tensor>& mask = std::nullopt,
                               double temperature = 1., std::string_view empty = "zero",
                               std::optional<at::ScalarType> dtype = std::nullopt);

at::Tensor masked_softmin_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                   int64_t dim, double temperature, at::ScalarType input_dtype);

// mish: x * tanh(log(1 + exp(x)))
at::Tensor mish(const at::Tensor& self);
at::Tensor& mish_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& mish_(at::Tensor& self);
at::Tensor mish_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor mish_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self);

at::Tensor philox_state(const at::Tensor& like, c10::SymIntArrayRef batch = {},
                        std::optional<at::Generator> generator = std::nullopt);

// prelu: x if x > 0, else weight * x; weight one number, or one for each channel of dim 1
at::Tensor prelu(const at::Tensor& self, const at::Tensor& weight);
at::Tensor& prelu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& weight);
at::Tensor& prelu_(at::Tensor& self, const at::Tensor& weight);
std::tuple<at::Tensor, at::Tensor> prelu_backward(const at::Tensor& grad_output,
                                                  const at::Tensor& self, const at::Tensor& weight);

// quick_gelu: x / (1 + exp(-1.702 * x)) = x * σ(1.702 * x)
at::Tensor quick_gelu(const at::Tensor& self);
at::Tensor& quick_gelu_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& quick_gelu_(at::Tensor& self);
at::Tensor quick_gelu_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor quick_gelu_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self);

// relu: max(x, 0)
at::Tensor relu(const at::Tensor& self);
at::Tensor& relu_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& relu_(at::Tensor& self);
at::Tensor relu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result = false);
at::Tensor relu_slope_bits(const at::Tensor& self, int64_t batch_dims = 0);
at::Tensor relu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result = false);
at::Tensor relu_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits);

// relu6: min(max(x, 0), 6)
at::Tensor relu6(const at::Tensor& self);
at::Tensor& relu6_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& relu6_(at::Tensor& self);
at::Tensor relu6_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                          bool is_result = false);
at::Tensor relu6_slope_bits(const at::Tensor& self, int64_t batch_dims = 0);
at::Tensor relu6_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                 const at::Tensor& self_or_result, bool is_result = false);
at::Tensor relu6_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits);

// relu_squared: max(x, 0)²
at::Tensor relu_squared(const at::Tensor& self);
at::Tensor& relu_squared_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& relu_squared_(at::Tensor& self);
at::Tensor relu_squared_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor relu_squared_double_backward(const at::Tensor& grad_grad_input,
                                        const at::Tensor& grad_output, const at::Tensor& self);

// rrelu: x if x > 0, else a * x; a uniform in [lower, upper] in training, (lower + upper) / 2
// otherwise
at::Tensor rrelu(const at::Tensor& self, const at::Scalar& lower = 0.125,
                 const at::Scalar& upper = 0.33333333333333331, bool training = false,
                 std::optional<at::Generator> generator = std::nullopt);
at::Tensor& rrelu_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lower = 0.125,
                      const at::Scalar& upper = 0.33333333333333331, bool training = false,
                      std::optional<at::Generator> generator = std::nullopt);
at::Tensor& rrelu_(at::Tensor& self, const at::Scalar& lower = 0.125,
                   const at::Scalar& upper = 0.33333333333333331, bool training = false,
                   std::optional<at::Generator> generator = std::nullopt);
at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                          const at::Tensor& philox_state, const at::Scalar& lower = 0.125,
                          const at::Scalar& upper = 0.33333333333333331, bool is_result = false);
at::Tensor rrelu_with_state(const at::Tensor& self, const at::Tensor& philox_state,
                            const at::Scalar& lower = 0.125,
                            const at::Scalar& upper = 0.33333333333333331);
at::Tensor& rrelu_with_state_out(at::Tensor& out, const at::Tensor& self,
                                 const at::Tensor& philox_state, const at::Scalar& lower = 0.125,
                                 const at::Scalar& upper = 0.33333333333333331);
std::tuple<at::Tensor, at::Tensor> rrelu_with_slopes(const at::Tensor& self,
                                                     const at::Tensor& philox_state,
                                                     const at::Scalar& lower = 0.125,
                                                     const at::Scalar& upper = 0.33333333333333331);
at::Tensor& rrelu_with_state_(at::Tensor& self, const at::Tensor& philox_state,
                              const at::Scalar& lower = 0.125,
                              const at::Scalar& upper = 0.33333333333333331);
at::Tensor rrelu_backward_from_slopes(const at::Tensor& grad_output, const at::Tensor& slopes);

// selu: scale * (x if x > 0, else alpha * (exp(x) - 1)); alpha = 1.67326…, scale = 1.05070…
at::Tensor selu(const at::Tensor& self);
at::Tensor& selu_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& selu_(at::Tensor& self);
at::Tensor selu_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result = false);
at::Tensor selu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result = false);

// sigmoid: 1 / (1 + exp(-x))
at::Tensor sigmoid(const at::Tensor& self);
at::Tensor& sigmoid_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& sigmoid_(at::Tensor& self);
at::Tensor sigmoid_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                            bool is_result = false);
at::Tensor sigmoid_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& self_or_result, bool is_result = false);

// silu: x / (1 + exp(-x)), also called swish
at::Tensor silu(const at::Tensor& self);
at::Tensor& silu_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& silu_(at::Tensor& self);
at::Tensor silu_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor silu_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self);

// snake: x + sin²(alpha * x) / beta, beta = alpha by default; each one number, or one for each
// channel of dim 1
at::Tensor snake(const at::Tensor& self, const at::Tensor& alpha, const at::Tensor& beta);
at::Tensor& snake_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& alpha,
                      const at::Tensor& beta);
at::Tensor& snake_(at::Tensor& self, const at::Tensor& alpha, const at::Tensor& beta);
std::tuple<at::Tensor, at::Tensor, at::Tensor> snake_backward(const at::Tensor& grad_output,
                                                              const at::Tensor& self,
                                                              const at::Tensor& alpha,
                                                              const at::Tensor& beta);

// softmax: exp(x_i) / Σ_j exp(x_j), over the elements of one dimension
at::Tensor softmax(const at::Tensor& self, int64_t dim,
                   std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& softmax_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                        std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor softmax_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                            at::ScalarType input_dtype);

// softmin: exp(-x_i) / Σ_j exp(-x_j), over the elements of one dimension
at::Tensor softmin(const at::Tensor& self, int64_t dim,
                   std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor& softmin_out(at::Tensor& out, const at::Tensor& self, int64_t dim,
                        std::optional<at::ScalarType> dtype = std::nullopt);
at::Tensor softmin_backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                            at::ScalarType input_dtype);

// softplus: log(1 + exp(beta * x)) / beta, and x where beta * x > threshold
at::Tensor softplus(const at::Tensor& self, const at::Scalar& beta = 1,
                    const at::Scalar& threshold = 20.);
at::Tensor& softplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& beta = 1,
                         const at::Scalar& threshold = 20.);
at::Tensor& softplus_(at::Tensor& self, const at::Scalar& beta = 1,
                      const at::Scalar& threshold = 20.);
at::Tensor softplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                             const at::Scalar& beta = 1, const at::Scalar& threshold = 20.);
at::Tensor softplus_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self,
                                    const at::Scalar& beta = 1, const at::Scalar& threshold = 20.);

// softshrink: x - lambd if x > lambd, x + lambd if x < -lambd, else 0
at::Tensor softshrink(const at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor& softshrink_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor& softshrink_(at::Tensor& self, const at::Scalar& lambd = 0.5);
at::Tensor softshrink_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& lambd = 0.5);
at::Tensor softshrink_slope_bits(const at::Tensor& self, const at::Scalar& lambd = 0.5,
                                 int64_t batch_dims = 0);
at::Tensor softshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& lambd = 0.5);
at::Tensor softshrink_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                         const at::Scalar& lambd = 0.5);

// softsign: x / (1 + |x|)
at::Tensor softsign(const at::Tensor& self);
at::Tensor& softsign_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& softsign_(at::Tensor& self);
at::Tensor softsign_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor softsign_double_backward(const at::Tensor& grad_grad_input,
                                    const at::Tensor& grad_output, const at::Tensor& self);

// squareplus: (x + √(x² + b)) / 2
at::Tensor squareplus(const at::Tensor& self, const at::Scalar& b = 4);
at::Tensor& squareplus_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& b = 4);
at::Tensor& squareplus_(at::Tensor& self, const at::Scalar& b = 4);
at::Tensor squareplus_backward(const at::Tensor& grad_output, const at::Tensor& self,
                               const at::Scalar& b = 4);
at::Tensor squareplus_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self,
                                      const at::Scalar& b = 4);

// star_relu: scale * max(x, 0)² + bias; each one number, or one for each channel of dim 1
at::Tensor star_relu(const at::Tensor& self, const at::Tensor& scale, const at::Tensor& bias);
at::Tensor& star_relu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& scale,
                          const at::Tensor& bias);
at::Tensor& star_relu_(at::Tensor& self, const at::Tensor& scale, const at::Tensor& bias);
std::tuple<at::Tensor, at::Tensor, at::Tensor> star_relu_backward(const at::Tensor& grad_output,
                                                                  const at::Tensor& self,
                                                                  const at::Tensor& scale,
                                                                  const at::Tensor& bias);

// tanh: tanh(x)
at::Tensor tanh(const at::Tensor& self);
at::Tensor& tanh_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& tanh_(at::Tensor& self);
at::Tensor tanh_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                         bool is_result = false);
at::Tensor tanh_double_backward(const at::Tensor& grad_grad_input, const at::Tensor& grad_output,
                                const at::Tensor& self_or_result, bool is_result = false);

// tanhshrink: x - tanh(x)
at::Tensor tanhshrink(const at::Tensor& self);
at::Tensor& tanhshrink_out(at::Tensor& out, const at::Tensor& self);
at::Tensor& tanhshrink_(at::Tensor& self);
at::Tensor tanhshrink_backward(const at::Tensor& grad_output, const at::Tensor& self);
at::Tensor tanhshrink_double_backward(const at::Tensor& grad_grad_input,
                                      const at::Tensor& grad_output, const at::Tensor& self);

// threshold: x if x > threshold, else value
at::Tensor threshold(const at::Tensor& self, const at::Scalar& threshold, const at::Scalar& value);
at::Tensor& threshold_out(at::Tensor& out, const at::Tensor& self, const at::Scalar& threshold,
                          const at::Scalar& value);
at::Tensor& threshold_(at::Tensor& self, const at::Scalar& threshold, const at::Scalar& value);
at::Tensor threshold_backward(const at::Tensor& grad_output, const at::Tensor& self_or_result,
                              const at::Scalar& threshold, const at::Scalar& value,
                              bool is_result = false);
at::Tensor threshold_slope_bits(const at::Tensor& self, const at::Scalar& threshold,
                                const at::Scalar& value, int64_t batch_dims = 0);
at::Tensor threshold_double_backward(const at::Tensor& grad_grad_input,
                                     const at::Tensor& grad_output,
                                     const at::Tensor& self_or_result, const at::Scalar& threshold,
                                     const at::Scalar& value, bool is_result = false);
at::Tensor threshold_backward_from_bits(const at::Tensor& grad_output, const at::Tensor& bits,
                                        const at::Scalar& threshold, const at::Scalar& value);

// xielu: alpha_p * x² + beta * x if x > 0, else alpha_n * (exp(min(x, eps)) - 1 - x) + beta * x;
// alpha_p and alpha_n each one number, or one for each channel of dim 1
at::Tensor xielu(const at::Tensor& self, const at::Tensor& alpha_p, const at::Tensor& alpha_n,
                 const at::Scalar& beta = 0.5, const at::Scalar& eps = -9.9999999999999995e-07);
at::Tensor& xielu_out(at::Tensor& out, const at::Tensor& self, const at::Tensor& alpha_p,
                      const at::Tensor& alpha_n, const at::Scalar& beta = 0.5,
                      const at::Scalar& eps = -9.9999999999999995e-07);
at::Tensor& xielu_(at::Tensor& self, const at::Tensor& alpha_p, const at::Tensor& alpha_n,
                   const at::Scalar& beta = 0.5, const at::Scalar& eps = -9.9999999999999995e-07);
std::tuple<at::Tensor, at::Tensor, at::Tensor> xielu_backward(
    const at::Tensor& grad_output, const at::Tensor& self, const at::Tensor& alpha_p,
    const at::Tensor& alpha_n, const at::Scalar& beta = 0.5,
    const at::Scalar& eps = -9.9999999999999995e-07);

}  // namespace act
