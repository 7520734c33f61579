// Derivatives of the softmax family: of value by its own backward op, of the backward op by itself
// and torch's differentiable ops.
#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/sum.h>
#include <torch/library.h>

#include "../normalization.h"
#include "compilable_node.h"
#include "differentiably.h"

namespace act::autograd {
namespace {

at::Tensor sum_along(const at::Tensor& tensor, int64_t dim) {
  return tensor.dim() == 0 ? tensor : at::sum(tensor, dim, /*keepdim=*/true);
}

// The kernels of one member. grad_input = J·grad_output, where J is symmetric but for log_softmax.
template <Member member>
struct Derivatives {
  static constexpr bool logarithm = member == Member::log_softmax;

  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    return softmax_backward_op<member>().call(grad_output, output, dim, input_dtype);
  }

  // The result's tangent from the input's, and equally the gradient of the backward op by
  // grad_output.
  static at::Tensor forward(const at::Tensor& tangent, const at::Tensor& output, int64_t dim) {
    const at::Tensor t = tangent.to(output.scalar_type());
    if constexpr (logarithm) return at::sub(t, sum_along(at::mul(t, output.exp()), dim));
    return backward(t, output, dim, output.scalar_type());
  }

  static at::Tensor with_sign(const at::Tensor& tensor) {
    return member == Member::softmin ? tensor.neg() : tensor;
  }

  // u·∂grad_input/∂output.
  static at::Tensor by_output(const at::Tensor& u_input_dtype, const at::Tensor& grad_output,
                              const at::Tensor& output, int64_t dim) {
    const at::Tensor u = u_input_dtype.to(output.scalar_type());
    if constexpr (logarithm) {
      return at::mul(u, output.exp()).mul(sum_along(grad_output, dim)).neg();
    } else {
      const at::Tensor first =
          at::mul(u, at::sub(grad_output, sum_along(grad_output * output, dim)));
      return with_sign(at::sub(first, at::mul(grad_output, sum_along(u * output, dim))));
    }
  }

  // The tangent of the backward op that comes from the output's.
  static at::Tensor tangent_by_output(const at::Tensor& tangent, const at::Tensor& grad_output,
                                      const at::Tensor& output, int64_t dim) {
    if constexpr (logarithm) {
      return at::mul(tangent, output.exp()).mul(sum_along(grad_output, dim)).neg();
    } else {
      const at::Tensor first =
          at::mul(tangent, at::sub(grad_output, sum_along(grad_output * output, dim)));
      return with_sign(at::sub(first, at::mul(output, sum_along(grad_output * tangent, dim))));
    }
  }
};

template <Member member>
struct SoftmaxBackward : CompilableNode<SoftmaxBackward<member>> {
  SavedVariable output;
  int64_t dim = 0;
  at::ScalarType input_dtype = at::kFloat;

  SavedTensors saved_tensors() { return {{output, true}}; }
  auto constants() { return std::tie(dim, input_dtype); }
  void save_output(const at::Tensor& result) { output = SavedVariable(result, /*is_output=*/true); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    if (!this->task_should_compute_output(0) || !grads[0].defined()) return {at::Tensor()};
    return {
        Derivatives<member>::backward(grads[0], output.unpack(this->getptr()), dim, input_dtype)};
  }
  std::string name() const override { return std::string("Act::") + name_of(member) + "_backward"; }
};

template <Member member>
struct SoftmaxBackwardBackward : CompilableNode<SoftmaxBackwardBackward<member>> {
  SavedVariable grad_output;
  SavedVariable output;
  int64_t dim = 0;

  SavedTensors saved_tensors() { return {{grad_output, false}, {output, false}}; }
  auto constants() { return std::tie(dim); }

  variable_list apply(variable_list&& grads) override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    variable_list result(2);
    if (!grads[0].defined()) return result;
    const at::Tensor y = output.unpack();
    if (this->task_should_compute_output(0))
      result[0] = Derivatives<member>::forward(grads[0], y, dim);
    if (this->task_should_compute_output(1)) {
      result[1] = Derivatives<member>::by_output(grads[0], grad_output.unpack(), y, dim);
    }
    return result;
  }
  std::string name() const override {
    return std::string("Act::") + name_of(member) + "_backward_backward";
  }
};

template <Member member>
struct Kernel {
  static constexpr const char* op_name = name_of(member);

  static at::Tensor value(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    // Any conversion that the kernel does not do itself is an op with a derivative of its own.
    if (dtype && !converts_inside(self, result_dtype(op_name, self, dtype))) {
      return softmax_op<member>().call(self.to(*dtype), dim, std::nullopt);
    }
    return call_differentiably<SoftmaxBackward<member>>(
        std::tie(self),
        [&](auto& node) {
          node.dim = dim;
          node.input_dtype = self.scalar_type();
        },
        [&] { return call_below(softmax_op<member>(), keys, self, dim, dtype); },
        [&](const at::Tensor& result) {
          set_tangent(result, Derivatives<member>::forward(tangent_of(self), result, dim));
        });
  }

  static at::Tensor& out(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim,
                         std::optional<at::ScalarType> dtype, at::Tensor& result) {
    check_out_is_not_differentiated(op_name, result, self);
    return write_below(softmax_out_op<member>(), keys, self, dim, dtype, result);
  }

  static at::Tensor backward(c10::DispatchKeySet keys, const at::Tensor& grad_output,
                             const at::Tensor& output, int64_t dim, at::ScalarType input_dtype) {
    return call_differentiably<SoftmaxBackwardBackward<member>>(
        std::tie(grad_output, output),
        [&](auto& node) {
          node.dim = dim;
          node.output = SavedVariable(output, false);
          if (output.requires_grad()) node.grad_output = SavedVariable(grad_output, false);
        },
        [&] {
          return call_below(softmax_backward_op<member>(), keys, grad_output, output, dim,
                            input_dtype);
        },
        [&](const at::Tensor& result) {
          const at::Tensor of_grad = tangent_of(grad_output), of_output = tangent_of(output);
          const at::Tensor g = primal_of(grad_output), y = primal_of(output);
          at::Tensor tangent;
          if (of_grad.defined())
            tangent = Derivatives<member>::backward(of_grad, y, dim, y.scalar_type());
          if (of_output.defined()) {
            const at::Tensor term = Derivatives<member>::tangent_by_output(of_output, g, y, dim);
            tangent = add_defined(tangent, term);
          }
          set_tangent(result, tangent.to(input_dtype));
        });
  }
};

template <Member member>
struct VersionBump {
  static at::Tensor& out(c10::DispatchKeySet keys, const at::Tensor& self, int64_t dim,
                         std::optional<at::ScalarType> dtype, at::Tensor& result) {
    return write_and_bump(softmax_out_op<member>(), keys, self, dim, dtype, result);
  }
};

TORCH_LIBRARY_IMPL(act, Autograd, m) { implement_softmax<Kernel>(m); }

TORCH_LIBRARY_IMPL(act, ADInplaceOrView, m) {
  m.impl("softmax.out", &VersionBump<Member::softmax>::out);
  m.impl("log_softmax.out", &VersionBump<Member::log_softmax>::out);
  m.impl("softmin.out", &VersionBump<Member::softmin>::out);
}

}  // namespace
}  // namespace act::autograd
