// The Philox states of rrelu in training, from torch's CUDA generator. Nothing of it is read by the
// host, so that a captured graph draws anew at each replay.
#include "philox_state.h"

#include <ATen/core/Tensor.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/EmptyTensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/library.h>

namespace act::cuda {
namespace {

GeneratorState draw_from(at::CUDAGeneratorImpl& generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex_);
  const at::PhiloxCudaState drawn = generator.philox_cuda_state(philox_increment);
  if (drawn.captured_) return {0, drawn.offset_intragraph_, drawn.seed_.ptr, drawn.offset_.ptr};
  return {drawn.seed_.val, drawn.offset_.val, nullptr, nullptr};
}

at::Tensor philox_state(const at::Tensor& like, c10::SymIntArrayRef batch,
                        std::optional<at::Generator> generator) {
  const c10::cuda::CUDAGuard guard(like.device());
  auto* cuda_generator = at::get_generator_or_default<at::CUDAGeneratorImpl>(
      generator, at::cuda::detail::getDefaultCUDAGenerator(like.device().index()));
  const at::Device device = cuda_generator->device();
  TORCH_CHECK(!device.has_index() || device == like.device(),
              "act::rrelu: expected a generator of ", like.device(),
              ", the device of the input, got one of ", device);
  std::vector<int64_t> sizes = C10_AS_INTARRAYREF_SLOW(batch).vec();
  sizes.push_back(2);
  const at::Tensor state =
      at::Tensor(at::detail::empty_cuda(sizes, like.options().dtype(at::kLong)));
  static_assert(sizeof(elementary::PhiloxState) == 2 * sizeof(int64_t));
  C10_CUDA_CHECK(draw_philox_states(draw_from(*cuda_generator),
                                    static_cast<elementary::PhiloxState*>(state.mutable_data_ptr()),
                                    state.numel() / 2, c10::cuda::getCurrentCUDAStream()));
  return state;
}

TORCH_LIBRARY_IMPL(act, CUDA, m) { m.impl("philox_state", &philox_state); }

}  // namespace
}  // namespace act::cuda
