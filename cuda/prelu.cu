#include <act/formulas/prelu.h>

#include "pack.cuh"
#include "prelu.h"

namespace act::cuda {
namespace {

// Positions in a launch stay below 2³¹, see Divisor.
constexpr std::int64_t most_elements = std::int64_t{1} << 30;

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

template <class Stored>
__device__ opmath_t<Stored> load_weight(const void* weight, std::uint32_t channel) {
  return to_opmath(static_cast<const Stored*>(weight)[channel]);
}

template <class Stored>
__device__ Stored value(Stored x, opmath_t<Stored> weight) {
  return from_opmath<Stored>(formulas::Prelu<opmath_t<Stored>>::value(to_opmath(x), weight));
}

template <class Stored, int width>
__global__ void __launch_bounds__(threads_per_block)
    dense(Stored* out, const Stored* x, const Stored* weight, const __grid_constant__ Run run) {
  const std::uint32_t vectors = static_cast<std::uint32_t>(run.parts.vectors);
  const std::uint32_t v = blockIdx.x * threads_per_block + threadIdx.x;
  if (v < vectors) {
    const std::uint32_t first = run.parts.head + v * width;
    auto pack = Pack<Stored, width>::load(x + first);
    Channel channel(run, first);
    opmath_t<Stored> slope = load_weight<Stored>(weight, channel.number);
#pragma unroll
    for (int i = 0; i < width; ++i) {
      if (i > 0 && channel.advance(run)) slope = load_weight<Stored>(weight, channel.number);
      pack.element[i] = value(pack.element[i], slope);
    }
    pack.store(out + first);
    return;
  }
  // Threads beyond the last vector take what lies before the first one and after the last.
  const std::uint32_t i = v - vectors;
  if (i >= run.parts.head + run.parts.tail) return;
  const std::uint32_t index = i < run.parts.head ? i : i + vectors * width;
  const Channel channel(run, index);
  out[index] = value(x[index], load_weight<Stored>(weight, channel.number));
}

template <class Stored, int width>
cudaError_t launch_width(Stored* out, const Stored* x, const Stored* weight, const Run& run,
                         cudaStream_t stream) {
  const std::int64_t needed = run.parts.vectors + run.parts.head + run.parts.tail;
  dense<Stored, width><<<static_cast<std::uint32_t>(ceil_div(needed, threads_per_block)),
                         threads_per_block, 0, stream>>>(out, x, weight, run);
  return cudaGetLastError();
}

template <class Stored>
cudaError_t launch_run(Stored* out, const Stored* x, const Stored* weight, std::int64_t size,
                       Run run, cudaStream_t stream) {
  const auto misalignment = reinterpret_cast<std::uintptr_t>(out) % vector_bytes;
  if (reinterpret_cast<std::uintptr_t>(x) % vector_bytes != misalignment) {
    run.parts = {0, 0, size};
    return launch_width<Stored, 1>(out, x, weight, run, stream);
  }
  const std::int64_t before = (vector_bytes - misalignment) % vector_bytes / sizeof(Stored);
  const std::int64_t head = before < size ? before : size;
  run.parts.vectors = (size - head) / lanes<Stored>;
  run.parts.head = static_cast<std::uint32_t>(head);
  run.parts.tail = static_cast<std::uint32_t>((size - head) % lanes<Stored>);
  return launch_width<Stored, lanes<Stored>>(out, x, weight, run, stream);
}

template <class Stored>
cudaError_t launch_dense(const DensePrelu& all, cudaStream_t stream) {
  const auto [channels, inner] = all.layout;
  auto* out = reinterpret_cast<Stored*>(all.out);
  const auto* x = reinterpret_cast<const Stored*>(all.x);
  const auto* weight = reinterpret_cast<const Stored*>(all.weight);
  for (std::int64_t first = 0; first < all.size;) {
    const std::int64_t within = first % inner, channel = first / inner % channels;
    const std::int64_t left = all.size - first;
    std::int64_t size = left < most_elements ? left : most_elements;
    Run run;
    const Stored* weights = weight;
    if (channels == 1 || inner >= most_elements) {
      // A launch lies in one channel.
      if (inner - within < size) size = inner - within;
      run.channel_count = 1;
      run.inner_size = most_elements;
      run.within = run.channel = 0;
      weights += channel;
    } else {
      run.channel_count = static_cast<std::uint32_t>(channels);
      run.inner_size = static_cast<std::uint32_t>(inner);
      run.within = static_cast<std::uint32_t>(within);
      run.channel = static_cast<std::uint32_t>(channel);
    }
    run.inner = Divisor(run.inner_size);
    run.channels = Divisor(run.channel_count);
    const cudaError_t error = launch_run(out + first, x + first, weights, size, run, stream);
    if (error != cudaSuccess) return error;
    first += size;
  }
  return cudaSuccess;
}

template <class Stored_>
struct Value {
  using Stored = Stored_;
  static constexpr int inputs = 2;

  __device__ opmath_t<Stored> operator()(const opmath_t<Stored> (&x)[2]) const {
    return formulas::Prelu<opmath_t<Stored>>::value(x[0], x[1]);
  }
};

}  // namespace

cudaError_t prelu(Storage storage, const DensePrelu& all, cudaStream_t stream) {
  return dispatch_storage(storage,
                          [&]<class Stored>() { return launch_dense<Stored>(all, stream); });
}

cudaError_t prelu(Storage storage, const Operands& operands, cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    if (operands.size() == 0) return cudaSuccess;
    return launch_in_32_bits(operands, [&](const Operands& part) {
      return launch_strided(Value<Stored>{}, part, stream);
    });
  });
}

}  // namespace act::cuda
