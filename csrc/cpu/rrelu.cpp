// rrelu in training on the CPU.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/native/Resize.h>
#include <torch/library.h>

#include "../checks.h"
#include "elementwise.h"
#include "random_states.h"

namespace act::cpu {
namespace {

// One seed for the whole batch, whose states differ by their offset.
at::Tensor philox_state(const at::Tensor& like, c10::SymIntArrayRef batch,
                        std::optional<at::Generator> generator) {
  auto* cpu_generator = at::get_generator_or_default<at::CPUGeneratorImpl>(
      generator, at::detail::getDefaultCPUGenerator());
  std::vector<int64_t> sizes = C10_AS_INTARRAYREF_SLOW(batch).vec();
  sizes.push_back(2);
  at::Tensor state = at::detail::empty_cpu(sizes, like.options().dtype(at::kLong));
  auto* values = state.mutable_data_ptr<int64_t>();
  const std::lock_guard<std::mutex> lock(cpu_generator->mutex_);
  const auto seed = static_cast<int64_t>(cpu_generator->random64());
  for (int64_t k = 0; k < state.numel() / 2; ++k) {
    values[2 * k] = seed;
    values[2 * k + 1] = k;
  }
  return state;
}

RandomSlopes random_slopes(const at::Tensor& contiguous_states, const ParameterValues& bounds,
                           const at::Tensor& places) {
  return {random_states(contiguous_states, places), bounds.first, bounds.second};
}

void run(const at::Tensor& result, const at::Tensor& self, const at::Tensor& state,
         const ParameterValues& bounds) {
  const at::Tensor places = places_of(self), states = state.contiguous();
  const RandomSlopes random = random_slopes(states, bounds, places);
  const Storage storage = storage_of(self);
  for_each_element(std::array{result, self, places},
                   [&](const Operands& o) { kernels().rrelu(storage, o, random); });
}

at::Tensor rrelu(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                 const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  at::Tensor result = empty_result(self);
  run(result, self, state, bounds);
  return result;
}

at::Tensor& rrelu_(at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                   const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  at::assert_no_internal_overlap(self);
  run(self, self, state, bounds);
  return self;
}

at::Tensor& rrelu_out(const at::Tensor& self, const at::Tensor& state, const at::Scalar& lower,
                      const at::Scalar& upper, at::Tensor& out) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  check_out("rrelu", out, self);
  prepare_out(out, {self});
  run(out, self, state, bounds);
  return out;
}

at::Tensor rrelu_backward(const at::Tensor& grad_output, const at::Tensor& saved,
                          const at::Tensor& state, const at::Scalar& lower, const at::Scalar& upper,
                          bool is_result) {
  const ParameterValues bounds =
      check_rrelu_backward(grad_output, saved, state, lower, upper, is_result);
  at::Tensor grad_input = empty_result(saved);
  const at::Tensor places = places_of(saved), states = state.contiguous();
  const RandomSlopes random = random_slopes(states, bounds, places);
  const Storage storage = storage_of(saved);
  for_each_element(std::array{grad_input, grad_output, saved, places},
                   [&](const Operands& o) { kernels().rrelu_backward(storage, o, random); });
  return grad_input;
}

std::tuple<at::Tensor, at::Tensor> rrelu_with_slopes(const at::Tensor& self,
                                                     const at::Tensor& state,
                                                     const at::Scalar& lower,
                                                     const at::Scalar& upper) {
  const ParameterValues bounds = check_rrelu(self, state, lower, upper);
  at::Tensor result = empty_result(self);
  at::Tensor slopes = empty_result(self, self.options().dtype(rrelu_slopes_dtype(self)));
  const at::Tensor places = places_of(self), states = state.contiguous();
  const RandomSlopes random = random_slopes(states, bounds, places);
  const Storage storage = storage_of(self);
  for_each_element(std::array{result, slopes, self, places},
                   [&](const Operands& o) { kernels().rrelu_with_slopes(storage, o, random); });
  return {result, slopes};
}

at::Tensor rrelu_backward_from_slopes(const at::Tensor& grad_output, const at::Tensor& slopes) {
  check_rrelu_slopes(slopes, grad_output);
  at::Tensor grad_input = empty_result(grad_output);
  const Storage storage = storage_of(grad_output);
  for_each_element(std::array{grad_input, grad_output, slopes},
                   [&](const Operands& o) { kernels().rrelu_backward_from_slopes(storage, o); });
  return grad_input;
}

TORCH_LIBRARY_IMPL(act, CPU, m) {
  m.impl("philox_state", &philox_state);
  m.impl("rrelu_with_state", &rrelu);
  m.impl("rrelu_with_state_", &rrelu_);
  m.impl("rrelu_with_state.out", &rrelu_out);
  m.impl("rrelu_backward", &rrelu_backward);
  m.impl("rrelu_with_slopes", &rrelu_with_slopes);
  m.impl("rrelu_backward_from_slopes", &rrelu_backward_from_slopes);
}

}  // namespace
}  // namespace act::cpu
