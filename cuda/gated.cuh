// Gated activations: kernels of one or two results over the halves of a tensor, or over two
// tensors.
//
// The halves have gaps unless they lie along the first dimension, so that a thread finds the place
// of its elements in each operand; but the rows between the gaps mostly consist of whole vectors,
// and these are then what is counted.
//
// Compute has: Stored, the dtype in memory; results and inputs, how many operands of either kind
// there are; and void operator()(T (&out)[results], const T (&in)[inputs]) const, T the type that
// is computed in.
#pragma once

#include "offsets.cuh"
#include "pack.cuh"

namespace act::cuda {

template <class Compute>
struct Addresses {
  char* operand[Compute::results + Compute::inputs];
};

template <class Compute, int width>
__global__ void __launch_bounds__(threads_per_block)
    gated_kernel(const __grid_constant__ Compute compute,
                 const __grid_constant__ Addresses<Compute> data,
                 const __grid_constant__ Offsets<Compute::results + Compute::inputs> offsets,
                 const std::uint32_t size) {
  using Stored = typename Compute::Stored;
  constexpr int results = Compute::results, inputs = Compute::inputs;
  const std::uint32_t index = blockIdx.x * threads_per_block + threadIdx.x;
  if (index >= size) return;
  std::uint32_t place[results + inputs];
  offsets.find(index, place);

  Pack<Stored, width> in[inputs], out[results];
#pragma unroll
  for (int k = 0; k < inputs; ++k) {
    in[k] = Pack<Stored, width>::load(data.operand[results + k] + place[results + k]);
  }
#pragma unroll
  for (int i = 0; i < width; ++i) {
    opmath_t<Stored> x[inputs], y[results];
#pragma unroll
    for (int k = 0; k < inputs; ++k) x[k] = to_opmath(in[k].element[i]);
    compute(y, x);
#pragma unroll
    for (int k = 0; k < results; ++k) out[k].element[i] = from_opmath<Stored>(y[k]);
  }
#pragma unroll
  for (int k = 0; k < results; ++k) out[k].store(data.operand[k] + place[k]);
}

template <class Compute, int width>
cudaError_t launch_width(const Compute& compute, const Operands& whole, cudaStream_t stream) {
  return launch_in_32_bits(whole, [&](const Operands& o) {
    Addresses<Compute> data;
    for (int k = 0; k < o.count; ++k) data.operand[k] = o.data[k];
    const auto size = static_cast<std::uint32_t>(o.size());
    const Offsets<Compute::results + Compute::inputs> offsets(o);
    gated_kernel<Compute, width>
        <<<(size + threads_per_block - 1) / threads_per_block, threads_per_block, 0, stream>>>(
            compute, data, offsets, size);
    return cudaGetLastError();
  });
}

template <class Compute>
cudaError_t launch_gated(const Compute& compute, const Operands& o, cudaStream_t stream) {
  using Stored = typename Compute::Stored;
  if (o.size() == 0) return cudaSuccess;
  return consists_of_packs<Stored>(o)
             ? launch_width<Compute, lanes<Stored>>(compute, in_packs<Stored>(o), stream)
             : launch_width<Compute, 1>(compute, o, stream);
}

}  // namespace act::cuda
