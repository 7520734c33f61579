// Derivatives of the masked softmax family: of value by its own backward op, of the backward op by
// itself and torch's differentiable ops. Absent elements, which the output tells, have no part in
// any of them: neither does what is written at their places change a result, nor is a result at
// their places other than 0.
#include <ATen/ScalarOps.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/eq.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/where.h>
#include <torch/library.h>

#include "../masked_normalization.h"
#include "compilable_node.h"
#include "differentiably.h"

namespace act::autograd {
namespace {

using at::Tensor;

Tensor sum_along(const Tensor& tensor, int64_t dim) {
  return tensor.dim() == 0 ? tensor : at::sum(tensor, dim, /*keepdim=*/true);
}

// The kernels of one member. grad_input = J·grad_output, where J is symmetric but for log_softmax.
template <Member member>
struct Derivatives {
  static constexpr bool logarithm = member == Member::log_softmax;

  Tensor output;
  int64_t dim;
  double temperature;

  // 0 at absent elements.
  Tensor present(const Tensor& tensor) const {
    const at::Scalar absent = logarithm ? -__builtin_huge_val() : 0.0;
    return at::where(at::eq(output, absent), at::Scalar(0), tensor);
  }
  Tensor by_input(const Tensor& by_logit) const {
    const double factor = (member == Member::softmin ? -1 : 1) / temperature;
    return present(factor == 1 ? by_logit : at::mul(by_logit, at::Scalar(factor)));
  }
  Tensor in_output_dtype(const Tensor& tensor) const { return tensor.to(output.scalar_type()); }

  Tensor backward(const Tensor& grad_output, at::ScalarType input_dtype) const {
    return masked_softmax_backward_op<member>().call(grad_output, output, dim, temperature,
                                                     input_dtype);
  }

  // The result's tangent from the input's, and equally the gradient of the backward op by
  // grad_output.
  Tensor forward(const Tensor& tangent) const {
    const Tensor t = in_output_dtype(tangent);
    if constexpr (logarithm) {
      const Tensor kept = present(t);
      return by_input(at::sub(kept, sum_along(at::mul(kept, output.exp()), dim)));
    }
    return backward(t, output.scalar_type());
  }

  // u·∂grad_input/∂output.
  Tensor by_output(const Tensor& grad_grad_input, const Tensor& grad_output) const {
    const Tensor u = present(in_output_dtype(grad_grad_input)), g = present(grad_output);
    if constexpr (logarithm) return by_input(of_log_output(u, g));
    const Tensor first = at::mul(u, at::sub(g, sum_along(g * output, dim)));
    return by_input(at::sub(first, at::mul(g, sum_along(u * output, dim))));
  }

  // The tangent of the backward op that comes from the output's.
  Tensor tangent_by_output(const Tensor& output_tangent, const Tensor& grad_output) const {
    const Tensor t = present(output_tangent), g = present(grad_output);
    if constexpr (logarithm) return by_input(of_log_output(t, g));
    const Tensor first = at::mul(t, at::sub(g, sum_along(g * output, dim)));
    return by_input(at::sub(first, at::mul(output, sum_along(g * t, dim))));
  }

 private:
  Tensor of_log_output(const Tensor& by, const Tensor& g) const {
    return at::mul(by, output.exp()).mul(sum_along(g, dim)).neg();
  }
};

template <Member member>
struct MaskedSoftmaxBackward : CompilableNode<MaskedSoftmaxBackward<member>> {
  SavedVariable output;
  // Where a row of NaN can be an empty one: its output does not tell which elements are absent.
  SavedVariable mask;
  int64_t dim = 0;
  double temperature = 1;
  at::ScalarType input_dtype = at::kFloat;

  SavedTensors saved_tensors() { return {{output, true}, {mask, false}}; }
  auto constants() { return std::tie(dim, temperature, input_dtype); }
  void save_output(const Tensor& result) { output = SavedVariable(result, /*is_output=*/true); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    if (!this->task_should_compute_output(0) || !grads[0].defined()) return {Tensor()};
    const Derivatives<member> d{output.unpack(this->getptr()), dim, temperature};
    const Tensor grad_input = d.backward(grads[0], input_dtype);
    const Tensor kept = mask.unpack();
    return {kept.defined() ? at::where(kept, grad_input, at::Scalar(0)) : grad_input};
  }
  std::string name() const override {
    return std::string("Act::") + masked_name_of(member) + "_backward";
  }
};

template <Member member>
struct MaskedSoftmaxBackwardBackward : CompilableNode<MaskedSoftmaxBackwardBackward<member>> {
  SavedVariable grad_output;
  SavedVariable output;
  int64_t dim = 0;
  double temperature = 1;

  SavedTensors saved_tensors() { return {{grad_output, false}, {output, false}}; }
  auto constants() { return std::tie(dim, temperature); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    const Derivatives<member> d{output.unpack(), dim, temperature};
    if (this->task_should_compute_output(0)) result[0] = d.forward(grads[0]);
    if (this->task_should_compute_output(1)) {
      result[1] = d.by_output(grads[0], grad_output.unpack());
    }
    return result;
  }
  std::string name() const override {
    return std::string("Act::") + masked_name_of(member) + "_backward_backward";
  }
};

template <Member member>
struct Kernel {
  static Tensor value(c10::DispatchKeySet keys, const Tensor& self, int64_t dim,
                      const OptionalMask& mask, double temperature, std::string_view empty,
                      std::optional<at::ScalarType> dtype) {
    const at::ScalarType type = check_masked_softmax<member>(self, mask, temperature, empty, dtype);
    // Any conversion that the kernel does not do itself is an op with a derivative of its own.
    if (!converts_inside(self, type)) {
      return masked_softmax_op<member>().call(self.to(type), dim, mask, temperature, empty,
                                              std::nullopt);
    }
    return call_differentiably<MaskedSoftmaxBackward<member>>(
        std::tie(self),
        [&](auto& node) {
          node.dim = dim;
          node.temperature = temperature;
          node.input_dtype = self.scalar_type();
          if (mask && empty == "nan") node.mask = SavedVariable(*mask, /*is_output=*/false);
        },
        [&] {
          return call_below(masked_softmax_op<member>(), keys, self, dim, mask, temperature, empty,
                            dtype);
        },
        [&](const Tensor& result) {
          const Derivatives<member> d{result, dim, temperature};
          set_tangent(result, d.forward(tangent_of(self)));
        });
  }

  static Tensor& out(c10::DispatchKeySet keys, const Tensor& self, int64_t dim,
                     const OptionalMask& mask, double temperature, std::string_view empty,
                     std::optional<at::ScalarType> dtype, Tensor& result) {
    check_out_is_not_differentiated(masked_name_of(member), result, self);
    return write_below(masked_softmax_out_op<member>(), keys, self, dim, mask, temperature, empty,
                       dtype, result);
  }

  static Tensor backward(c10::DispatchKeySet keys, const Tensor& grad_output, const Tensor& output,
                         int64_t dim, double temperature, at::ScalarType input_dtype) {
    return call_differentiably<MaskedSoftmaxBackwardBackward<member>>(
        std::tie(grad_output, output),
        [&](auto& node) {
          node.dim = dim;
          node.temperature = temperature;
          node.output = SavedVariable(output, false);
          if (output.requires_grad()) node.grad_output = SavedVariable(grad_output, false);
        },
        [&] {
          return call_below(masked_softmax_backward_op<member>(), keys, grad_output, output, dim,
                            temperature, input_dtype);
        },
        [&](const Tensor& result) {
          const Tensor of_grad = tangent_of(grad_output), of_output = tangent_of(output);
          const Derivatives<member> d{primal_of(output), dim, temperature};
          Tensor tangent;
          if (of_grad.defined()) tangent = d.backward(of_grad, d.output.scalar_type());
          if (of_output.defined()) {
            tangent = add_defined(tangent, d.tangent_by_output(of_output, primal_of(grad_output)));
          }
          set_tangent(result, tangent.to(input_dtype));
        });
  }
};

template <Member member>
struct VersionBump {
  static Tensor& out(c10::DispatchKeySet keys, const Tensor& self, int64_t dim,
                     const OptionalMask& mask, double temperature, std::string_view empty,
                     std::optional<at::ScalarType> dtype, Tensor& result) {
    return write_and_bump(masked_softmax_out_op<member>(), keys, self, dim, mask, temperature,
                          empty, dtype, result);
  }
};

TORCH_LIBRARY_IMPL(act, Autograd, m) { implement_masked_softmax<Kernel>(m); }

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) { implement_masked_softmax<VersionBump>(m); }

}  // namespace
}  // namespace act::autograd
