// vmap of the ops whose parameters are tensors, and whose channels are dimension 1 of each sample.
#include "../parametric_ops.h"
#include "own_parameters.h"

namespace act::batching {
namespace {

using at::Tensor;

template <class Op>
struct Kernels;

template <template <class> class Formula, int formula, class... W, class... P>
struct Kernels<ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>> {
  using Op = ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>;
  static constexpr const char* name = Op::declaration.name;
  using Batches = std::array<Batch, Op::tensors>;
  using Parameters = typename Op::Parameters;

  static void check(const Batch& self, const Batches& parameters) {
    for (std::size_t k = 0; k < Op::tensors; ++k) {
      check_channel_sizes(name, Formula<float>::tensors[k], sample_sizes(parameters[k]),
                          sample_sizes(self));
    }
  }
  // The parameters that all samples share, if they share all.
  static std::optional<Parameters> shared(const Batches& parameters) {
    Parameters result;
    for (std::size_t k = 0; k < Op::tensors; ++k) {
      if (parameters[k].dim) return std::nullopt;
      result[k] = parameters[k].tensor;
    }
    return result;
  }

  static Tensor value(const Tensor& self, W... tensors, P... numbers) {
    const ParameterValues scalars = Op::scalars(numbers...);
    const Level level;
    const Batch x = level.unwrap(self);
    const Batches parameters{level.unwrap(tensors)...};
    check(x, parameters);
    if (const auto common = shared(parameters)) {
      const Tensor result = Op::call_value(channels_second(x), *common, scalars);
      return level.wrap(result, x.dim ? std::optional(result.dim() - 1) : std::nullopt);
    }
    const OwnParameters<Op::tensors> own(level, x, parameters);
    const Tensor result = Op::call_value(own.channels_of(x), own.parameters(), scalars);
    return level.wrap(own.samples_of(result), own.batch_dim());
  }

  static Tensor& in_place(Tensor& self, W... tensors, P... numbers) {
    const ParameterValues scalars = Op::scalars(numbers...);
    const Level level;
    const Batch x = level.unwrap(self);
    const Batches parameters{level.unwrap(tensors)...};
    check(x, parameters);
    for (const Batch& parameter : parameters) {
      check_in_place((std::string(name) + "_").c_str(), x, parameter);
    }
    // (N, B·C, …) may be a copy.
    if (const auto common = shared(parameters)) {
      Tensor all = channels_second(x);
      all.copy_(Op::call_value(all, *common, scalars));
      return self;
    }
    const OwnParameters<Op::tensors> own(level, x, parameters);
    const Tensor result = Op::call_value(own.channels_of(x), own.parameters(), scalars);
    x.tensor.movedim(*x.dim, own.batch_dim()).copy_(own.samples_of(result));
    return self;
  }

  static Tensor& out(const Tensor& self, W... tensors, P... numbers, Tensor& result) {
    return write_to_out(name, Op::value().call(self, tensors..., numbers...), result);
  }

  // Each sample has gradients of its own, also where they share the parameters.
  static typename Op::Gradients backward(const Tensor& grad_output, const Tensor& self,
                                         W... tensors, P... numbers) {
    const ParameterValues scalars = Op::scalars(numbers...);
    const Level level;
    const Batch g = level.unwrap(grad_output), x = level.unwrap(self);
    const Batches parameters{level.unwrap(tensors)...};
    check(x, parameters);
    const auto common = shared(parameters);
    if (!g.dim && !x.dim && common) {
      return Op::call_backward(g.tensor, x.tensor, *common, scalars);
    }
    const OwnParameters<Op::tensors> own(level, x, parameters);
    const auto gradients =
        Op::call_backward(own.channels_of(g), own.channels_of(x), own.parameters(), scalars);
    return [&]<std::size_t... k>(std::index_sequence<k...>) -> typename Op::Gradients {
      return {level.wrap(own.samples_of(std::get<0>(gradients)), own.batch_dim()),
              level.wrap(own.gradients_of_samples(std::get<1 + k>(gradients), k), 0)...};
    }(std::index_sequence_for<W...>{});
  }
};

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  for_each_parametric_op([&]<class Op>() { implement_parametric<Op, Kernels<Op>>(m); });
}

}  // namespace
}  // namespace act::batching
