// Elementwise kernels over a computation from one operand and a value of the element's channel.
//
// Compute has: Stored, the dtype in memory; inputs, which is 2; and opmath_t<Stored>
// operator()(const opmath_t<Stored> (&x)[2]) const, of the element and its channel's value.
#pragma once

#include "channel_elementwise.h"
#include "pack.cuh"

namespace act::cuda {

// Positions in a launch stay below 2³¹, see Divisor.
inline constexpr std::int64_t most_elements = std::int64_t{1} << 30;

// A run of elements that begins within a channel.
struct Run {
  DenseParts parts;
  Divisor inner, channels;
  std::uint32_t inner_size, channel_count;
  std::uint32_t within, channel;  // of the first element
};

// The channel of an element, and of the ones that follow it.
class Channel {
 public:
  __device__ Channel(const Run& run, std::uint32_t index) {
    std::uint32_t position = run.within + index;
    within_ = run.inner.divide(position);
    position += run.channel;
    number = run.channels.divide(position);
  }

  __device__ bool advance(const Run& run) {
    if (++within_ < run.inner_size) return false;
    within_ = 0;
    if (++number == run.channel_count) number = 0;
    return true;
  }

  std::uint32_t number;

 private:
  std::uint32_t within_;
};

template <class Compute, class Stored = typename Compute::Stored>
__device__ Stored compute_with(const Compute& compute, Stored x, opmath_t<Stored> of_channel) {
  const opmath_t<Stored> in[2] = {to_opmath(x), of_channel};
  return from_opmath<Stored>(compute(in));
}

template <class Compute, int width, class Stored = typename Compute::Stored>
__global__ void __launch_bounds__(threads_per_block)
    channel_kernel(const __grid_constant__ Compute compute, Stored* out, const Stored* x,
                   const Stored* value, const __grid_constant__ Run run) {
  const std::uint32_t vectors = static_cast<std::uint32_t>(run.parts.vectors);
  const std::uint32_t v = blockIdx.x * threads_per_block + threadIdx.x;
  if (v < vectors) {
    const std::uint32_t first = run.parts.head + v * width;
    auto pack = Pack<Stored, width>::load(x + first);
    Channel channel(run, first);
    opmath_t<Stored> of_channel = to_opmath(value[channel.number]);
#pragma unroll
    for (int i = 0; i < width; ++i) {
      if (i > 0 && channel.advance(run)) of_channel = to_opmath(value[channel.number]);
      pack.element[i] = compute_with(compute, pack.element[i], of_channel);
    }
    pack.store(out + first);
    return;
  }
  // Threads beyond the last vector take what lies before the first one and after the last.
  const std::uint32_t i = v - vectors;
  if (i >= run.parts.head + run.parts.tail) return;
  const std::uint32_t index = i < run.parts.head ? i : i + vectors * width;
  const Channel channel(run, index);
  out[index] = compute_with(compute, x[index], to_opmath(value[channel.number]));
}

template <class Compute, int width, class Stored = typename Compute::Stored>
cudaError_t launch_channel_width(const Compute& compute, Stored* out, const Stored* x,
                                 const Stored* value, const Run& run, cudaStream_t stream) {
  const std::int64_t needed = run.parts.vectors + run.parts.head + run.parts.tail;
  channel_kernel<Compute, width><<<static_cast<std::uint32_t>(ceil_div(needed, threads_per_block)),
                                   threads_per_block, 0, stream>>>(compute, out, x, value, run);
  return cudaGetLastError();
}

template <class Compute, class Stored = typename Compute::Stored>
cudaError_t launch_run(const Compute& compute, Stored* out, const Stored* x, const Stored* value,
                       std::int64_t size, Run run, cudaStream_t stream) {
  const auto misalignment = reinterpret_cast<std::uintptr_t>(out) % vector_bytes;
  if (reinterpret_cast<std::uintptr_t>(x) % vector_bytes != misalignment) {
    run.parts = {0, 0, size};
    return launch_channel_width<Compute, 1>(compute, out, x, value, run, stream);
  }
  const std::int64_t before = (vector_bytes - misalignment) % vector_bytes / sizeof(Stored);
  const std::int64_t head = before < size ? before : size;
  run.parts.vectors = (size - head) / lanes<Stored>;
  run.parts.head = static_cast<std::uint32_t>(head);
  run.parts.tail = static_cast<std::uint32_t>((size - head) % lanes<Stored>);
  return launch_channel_width<Compute, lanes<Stored>>(compute, out, x, value, run, stream);
}

template <class Compute>
cudaError_t launch_dense_channels(const Compute& compute, const DenseChannels& all,
                                  cudaStream_t stream) {
  using Stored = typename Compute::Stored;
  const auto [channels, inner] = all.layout;
  auto* out = reinterpret_cast<Stored*>(all.out);
  const auto* x = reinterpret_cast<const Stored*>(all.x);
  const auto* value = reinterpret_cast<const Stored*>(all.value);
  for (std::int64_t first = 0; first < all.size;) {
    const std::int64_t within = first % inner, channel = first / inner % channels;
    const std::int64_t left = all.size - first;
    std::int64_t size = left < most_elements ? left : most_elements;
    Run run;
    const Stored* values = value;
    if (channels == 1 || inner >= most_elements) {
      // A launch lies in one channel.
      if (inner - within < size) size = inner - within;
      run.channel_count = 1;
      run.inner_size = most_elements;
      run.within = run.channel = 0;
      values += channel;
    } else {
      run.channel_count = static_cast<std::uint32_t>(channels);
      run.inner_size = static_cast<std::uint32_t>(inner);
      run.within = static_cast<std::uint32_t>(within);
      run.channel = static_cast<std::uint32_t>(channel);
    }
    run.inner = Divisor(run.inner_size);
    run.channels = Divisor(run.channel_count);
    const cudaError_t error =
        launch_run(compute, out + first, x + first, values, size, run, stream);
    if (error != cudaSuccess) return error;
    first += size;
  }
  return cudaSuccess;
}

// The value an operand of its own, with stride 0 along dimensions that share one.
template <class Compute>
cudaError_t launch_strided_channels(const Compute& compute, const Operands& operands,
                                    cudaStream_t stream) {
  if (operands.size() == 0) return cudaSuccess;
  return launch_in_32_bits(
      operands, [&](const Operands& part) { return launch_strided(compute, part, stream); });
}

}  // namespace act::cuda
