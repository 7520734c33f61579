// rrelu's backward from the slopes that the forward left, which are wider than a half gradient.
#include "offsets.cuh"
#include "pack.cuh"
#include "rrelu.h"

namespace act::cuda {
namespace {

template <class Stored>
__device__ Stored gradient(Stored grad_output, opmath_t<Stored> slope) {
  return from_opmath<Stored>(to_opmath(grad_output) * slope);
}

template <class Stored>
__global__ void __launch_bounds__(threads_per_block)
    dense_slopes(Stored* grad_input, const Stored* grad_output, const opmath_t<Stored>* slopes,
                 std::int64_t size) {
  using T = opmath_t<Stored>;
  constexpr int width = lanes<Stored>;
  const std::int64_t first = (std::int64_t{blockIdx.x} * threads_per_block + threadIdx.x) * width;
  if (first + width > size) {
    for (std::int64_t i = first; i < size; ++i) grad_input[i] = gradient(grad_output[i], slopes[i]);
    return;
  }
  auto g = Pack<Stored, width>::load(grad_output + first);
#pragma unroll
  for (int i = 0; i < width; i += lanes<T>) {
    const auto slope = Pack<T, lanes<T>>::load(slopes + first + i);
#pragma unroll
    for (int k = 0; k < lanes<T>; ++k) {
      g.element[i + k] = gradient(g.element[i + k], slope.element[k]);
    }
  }
  g.store(grad_input + first);
}

template <class Stored>
__global__ void __launch_bounds__(threads_per_block)
    strided_slopes(char* grad_input, const char* grad_output, const char* slopes,
                   const __grid_constant__ Offsets<3> offsets, std::uint32_t size) {
  const std::uint32_t index = blockIdx.x * threads_per_block + threadIdx.x;
  if (index >= size) return;
  std::uint32_t place[3];
  offsets.find(index, place);
  *reinterpret_cast<Stored*>(grad_input + place[0]) =
      gradient(*reinterpret_cast<const Stored*>(grad_output + place[1]),
               *reinterpret_cast<const opmath_t<Stored>*>(slopes + place[2]));
}

template <class Stored>
bool is_dense(const Operands& o) {
  if (o.dims > 1) return false;
  for (const char* data : {o.data[0], o.data[1], o.data[2]}) {
    if (!begins_pack(data)) return false;
  }
  return o.dims == 0 || (o.strides[0][0] == sizeof(Stored) && o.strides[0][1] == sizeof(Stored) &&
                         o.strides[0][2] == sizeof(opmath_t<Stored>));
}

template <class Stored>
cudaError_t launch_dense(const Operands& o, cudaStream_t stream) {
  const std::int64_t blocks = ceil_div(o.size(), lanes<Stored> * threads_per_block);
  if (blocks > most_blocks) return cudaErrorInvalidConfiguration;
  dense_slopes<Stored><<<static_cast<std::uint32_t>(blocks), threads_per_block, 0, stream>>>(
      reinterpret_cast<Stored*>(o.data[0]), reinterpret_cast<const Stored*>(o.data[1]),
      reinterpret_cast<const opmath_t<Stored>*>(o.data[2]), o.size());
  return cudaGetLastError();
}

template <class Stored>
cudaError_t launch_strided(const Operands& whole, cudaStream_t stream) {
  return launch_in_32_bits(whole, [&](const Operands& o) {
    const std::int64_t size = o.size();
    strided_slopes<Stored><<<static_cast<std::uint32_t>(ceil_div(size, threads_per_block)),
                             threads_per_block, 0, stream>>>(
        o.data[0], o.data[1], o.data[2], Offsets<3>(o), static_cast<std::uint32_t>(size));
    return cudaGetLastError();
  });
}

}  // namespace

cudaError_t rrelu_backward_from_slopes(Storage storage, const Operands& o, cudaStream_t stream) {
  if (o.size() == 0) return cudaSuccess;
  return dispatch_storage(storage, [&]<class Stored>() {
    return is_dense<Stored>(o) ? launch_dense<Stored>(o, stream)
                               : launch_strided<Stored>(o, stream);
  });
}

}  // namespace act::cuda
