// vmap of the masked softmax family: the vmapped dimension comes first, and a mask that is vmapped
// gets dimensions of size 1 behind it, up to those of a sample.
#include <torch/library.h>

#include "../masked_normalization.h"
#include "level.h"

namespace act::batching {
namespace {

using at::Tensor;

// Samples in front; one without dimensions is made a row of one element.
struct Samples {
  Tensor tensor;
  bool added;

  Samples(const Batch& batch, const c10::SymInt& size)
      : tensor(batch.with_batch_at(0, size)), added(tensor.dim() == 1) {
    if (added) tensor = tensor.unsqueeze(1);
  }
  Tensor remove_added(const Tensor& result) const { return added ? result.squeeze(1) : result; }
};

// In front of `dims` dimensions of each sample. A mask with more of them is refused, in the op's
// words, by the op.
Tensor mask_of_samples(const Batch& mask, int64_t dims) {
  if (!mask.dim) return mask.tensor;
  Tensor result = mask.tensor.movedim(*mask.dim, 0);
  while (result.dim() - 1 < dims) result = result.unsqueeze(1);
  return result;
}

template <Member member>
struct Rule {
  static constexpr const char* name = masked_name_of(member);

  static Tensor value(const Tensor& self, int64_t dim, const OptionalMask& mask, double temperature,
                      std::string_view empty, std::optional<at::ScalarType> dtype) {
    const Level level;
    const Batch x = level.unwrap(self);
    const Batch kept = mask ? level.unwrap(*mask) : Batch{};
    const auto& op = masked_softmax_op<member>();
    if (!x.dim && !kept.dim) {
      const OptionalMask shared = mask ? OptionalMask(kept.tensor) : std::nullopt;
      return level.wrap(op.call(x.tensor, dim, shared, temperature, empty, dtype), std::nullopt);
    }
    dim = wrap_dim(name, dim, x.logical_dims());
    const Samples samples(x, level.size());
    const OptionalMask of_samples =
        mask ? OptionalMask(mask_of_samples(kept, samples.tensor.dim() - 1)) : std::nullopt;
    const Tensor result = op.call(samples.tensor, dim + 1, of_samples, temperature, empty, dtype);
    return level.wrap(samples.remove_added(result), 0);
  }

  static Tensor& out(const Tensor& self, int64_t dim, const OptionalMask& mask, double temperature,
                     std::string_view empty, std::optional<at::ScalarType> dtype, Tensor& result) {
    return write_to_out(
        name, masked_softmax_op<member>().call(self, dim, mask, temperature, empty, dtype), result);
  }

  static Tensor backward(const Tensor& grad_output, const Tensor& output, int64_t dim,
                         double temperature, at::ScalarType input_dtype) {
    const Level level;
    const Batch g = level.unwrap(grad_output), y = level.unwrap(output);
    const auto& op = masked_softmax_backward_op<member>();
    if (!g.dim && !y.dim) {
      return level.wrap(op.call(g.tensor, y.tensor, dim, temperature, input_dtype), std::nullopt);
    }
    dim = wrap_dim(name, dim, y.logical_dims());
    const Samples of_grad(g, level.size()), of_output(y, level.size());
    const Tensor result =
        op.call(of_grad.tensor, of_output.tensor, dim + 1, temperature, input_dtype);
    return level.wrap(of_output.remove_added(result), 0);
  }
};

TORCH_LIBRARY_IMPL(act, FuncTorchBatched, m) { implement_masked_softmax<Rule>(m); }

}  // namespace
}  // namespace act::batching
