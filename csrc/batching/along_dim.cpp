// vmap of the ops with a dim, the softmax family and the gated activations: the vmapped dimension
// stays where it is, and dim counts around it.
#include <torch/library.h>

#include "../normalization.h"
#include "level.h"

namespace act::batching {
namespace {

// Where a sample's dimension is in the batch. A sample without dimensions is made a row of one
// element.
struct Place {
  at::Tensor tensor;
  std::optional<int64_t> batch_dim;
  int64_t dim;
  bool added;

  at::Tensor remove_added(const at::Tensor& result) const {
    return added ? result.squeeze(dim) : result;
  }
};

Place place(const char* op, const at::Tensor& tensor, std::optional<int64_t> batch_dim,
            int64_t dim) {
  const int64_t dims = tensor.dim() - (batch_dim ? 1 : 0);
  dim = wrap_dim(op, dim, dims);
  if (!batch_dim) return {tensor, batch_dim, dim, false};
  if (dims == 0) return {tensor.unsqueeze(1), batch_dim, 1, true};
  return {tensor, batch_dim, dim + (dim >= *batch_dim ? 1 : 0), false};
}

template <Member member>
struct Softmax {
  static constexpr const char* name = name_of(member);

  static at::Tensor value(const at::Tensor& self, int64_t dim,
                          std::optional<at::ScalarType> dtype) {
    const Level level;
    const Batch x = level.unwrap(self);
    const Place at = place(name, x.tensor, x.dim, dim);
    const at::Tensor result = softmax_op<member>().call(at.tensor, at.dim, dtype);
    return level.wrap(at.remove_added(result), x.dim);
  }
  static at::Tensor& out(const at::Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype,
                         at::Tensor& result) {
    return write_to_out(name, softmax_op<member>().call(self, dim, dtype), result);
  }
  static at::Tensor backward(const at::Tensor& grad_output, const at::Tensor& output, int64_t dim,
                             at::ScalarType input_dtype) {
    const Level level;
    const auto [tensors, batch_dim] = align(level, grad_output, output);
    const Place g = place(name, tensors[0], batch_dim, dim);
    const Place y = place(name, tensors[1], batch_dim, dim);
    const at::Tensor result =
        softmax_backward_op<member>().call(g.tensor, y.tensor, y.dim, input_dtype);
    return level.wrap(y.remove_added(result), batch_dim);
  }
};

// The op itself refuses a sample without dimensions, of which nothing could be halved.
int64_t halved_dim(const char* op, const at::Tensor& tensor, std::optional<int64_t> batch_dim,
                   int64_t dim) {
  TORCH_CHECK(!batch_dim || tensor.dim() > 1, "act::", op,
              ": expected a tensor with at least one dimension, got one without");
  return place(op, tensor, batch_dim, dim).dim;
}

const auto& glu_op() {
  static const auto op = find_op<at::Tensor(const at::Tensor&, int64_t)>("glu");
  return op;
}

at::Tensor glu(const at::Tensor& self, int64_t dim) {
  const Level level;
  const Batch x = level.unwrap(self);
  return level.wrap(glu_op().call(x.tensor, halved_dim("glu", x.tensor, x.dim, dim)), x.dim);
}

at::Tensor& glu_out(const at::Tensor& self, int64_t dim, at::Tensor& out) {
  return write_to_out("glu", glu_op().call(self, dim), out);
}

at::Tensor glu_backward(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, int64_t)>("glu_backward");
  const Level level;
  const auto [tensors, batch_dim] = align(level, grad_output, self);
  const auto& [g, x] = tensors;
  return level.wrap(op.call(g, x, halved_dim("glu", x, batch_dim, dim)), batch_dim);
}

const auto& gated_op() {
  static const auto op = find_op<at::Tensor(const at::Tensor&, std::string_view, std::string_view,
                                            int64_t, at::ArrayRef<double>)>("gated");
  return op;
}

at::Tensor gated(const at::Tensor& self, std::string_view activation, std::string_view layout,
                 int64_t dim, at::ArrayRef<double> parameters) {
  const Level level;
  const Batch x = level.unwrap(self);
  return level.wrap(gated_op().call(x.tensor, activation, layout,
                                    halved_dim("gated", x.tensor, x.dim, dim), parameters),
                    x.dim);
}

at::Tensor& gated_out(const at::Tensor& self, std::string_view activation, std::string_view layout,
                      int64_t dim, at::ArrayRef<double> parameters, at::Tensor& out) {
  return write_to_out("gated", gated_op().call(self, activation, layout, dim, parameters), out);
}

at::Tensor gated_backward(const at::Tensor& grad_output, const at::Tensor& self,
                          std::string_view activation, std::string_view layout, int64_t dim,
                          at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<at::Tensor(const at::Tensor&, const at::Tensor&, std::string_view, std::string_view,
                         int64_t, at::ArrayRef<double>)>("gated_backward");
  const Level level;
  const auto [tensors, batch_dim] = align(level, grad_output, self);
  const auto& [g, x] = tensors;
  const int64_t placed = halved_dim("gated_backward", x, batch_dim, dim);
  return level.wrap(op.call(g, x, activation, layout, placed, parameters), batch_dim);
}

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) {
  implement_softmax<Softmax>(m);
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
  m.impl("gated", &gated);
  m.impl("gated.out", &gated_out);
  m.impl("gated_backward", &gated_backward);
}

}  // namespace
}  // namespace act::batching
