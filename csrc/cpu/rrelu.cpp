// rrelu in training on the CPU.
#include <ATen/CPUGeneratorImpl.h>

#include "../rrelu_kernels.h"
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

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self, at::ScalarType dtype) {
    return cpu::empty_result(self, self.options().dtype(dtype));
  }

  static void value(const at::Tensor& result, const at::Tensor& self, const at::Tensor& state,
                    const ParameterValues& bounds) {
    const at::Tensor places = places_of(self), states = state.contiguous();
    const RandomSlopes random = random_slopes(states, bounds, places);
    const Storage storage = storage_of(self);
    for_each_element(std::array{result, self, places},
                     [&](const Operands& o) { kernels().rrelu(storage, o, random); });
  }

  static void backward(const at::Tensor& grad_input, const at::Tensor& grad_output,
                       const at::Tensor& saved, const at::Tensor& state,
                       const ParameterValues& bounds) {
    const at::Tensor places = places_of(saved), states = state.contiguous();
    const RandomSlopes random = random_slopes(states, bounds, places);
    const Storage storage = storage_of(saved);
    for_each_element(std::array{grad_input, grad_output, saved, places},
                     [&](const Operands& o) { kernels().rrelu_backward(storage, o, random); });
  }

  static void value_and_slopes(const at::Tensor& result, const at::Tensor& slopes,
                               const at::Tensor& self, const at::Tensor& state,
                               const ParameterValues& bounds) {
    const at::Tensor places = places_of(self), states = state.contiguous();
    const RandomSlopes random = random_slopes(states, bounds, places);
    const Storage storage = storage_of(self);
    for_each_element(std::array{result, slopes, self, places},
                     [&](const Operands& o) { kernels().rrelu_with_slopes(storage, o, random); });
  }

  static void backward_from_slopes(const at::Tensor& grad_input, const at::Tensor& grad_output,
                                   const at::Tensor& slopes) {
    const Storage storage = storage_of(grad_output);
    for_each_element(std::array{grad_input, grad_output, slopes},
                     [&](const Operands& o) { kernels().rrelu_backward_from_slopes(storage, o); });
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  m.impl("philox_state", &philox_state);
  RreluKernelsOf<Device>::implement(m);
}

}  // namespace
}  // namespace act::cpu
