// The halves of a tensor have gaps unless they lie along its first dimension, so that a thread
// finds the place of its elements in each operand; but the rows between the gaps mostly consist of
// whole vectors, and these are then what is counted.
#include <act/formulas/glu.h>

#include "glu.h"
#include "offsets.cuh"
#include "pack.cuh"

namespace act::cuda {
namespace {

template <class Stored_>
struct Value {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 1, inputs = 2;

  __device__ static void compute(T (&out)[1], const T (&in)[2]) {
    out[0] = formulas::Glu<T>::value(in[0], in[1]);
  }
};

template <class Stored_>
struct Backward {
  using Stored = Stored_;
  using T = opmath_t<Stored>;
  static constexpr int results = 2, inputs = 3;

  __device__ static void compute(T (&out)[2], const T (&in)[3]) {
    const auto gradient = formulas::Glu<T>::gradient(in[1], in[2]);
    out[0] = in[0] * gradient.by_a;
    out[1] = in[0] * gradient.by_b;
  }
};

template <class Compute>
struct Addresses {
  char* operand[Compute::results + Compute::inputs];
};

template <class Compute, int width>
__global__ void __launch_bounds__(threads_per_block)
    kernel(const __grid_constant__ Addresses<Compute> data,
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
    Compute::compute(y, x);
#pragma unroll
    for (int k = 0; k < results; ++k) out[k].element[i] = from_opmath<Stored>(y[k]);
  }
#pragma unroll
  for (int k = 0; k < results; ++k) out[k].store(data.operand[k] + place[k]);
}

template <class Compute, int width>
cudaError_t launch_width(const Operands& whole, cudaStream_t stream) {
  return launch_in_32_bits(whole, [&](const Operands& o) {
    Addresses<Compute> data;
    for (int k = 0; k < o.count; ++k) data.operand[k] = o.data[k];
    const auto size = static_cast<std::uint32_t>(o.size());
    const Offsets<Compute::results + Compute::inputs> offsets(o);
    kernel<Compute, width>
        <<<(size + threads_per_block - 1) / threads_per_block, threads_per_block, 0, stream>>>(
            data, offsets, size);
    return cudaGetLastError();
  });
}

template <template <class> class Compute>
cudaError_t launch(Storage storage, const Operands& o, cudaStream_t stream) {
  if (o.size() == 0) return cudaSuccess;
  return dispatch_storage(storage, [&]<class Stored>() {
    return consists_of_packs<Stored>(o)
               ? launch_width<Compute<Stored>, lanes<Stored>>(in_packs<Stored>(o), stream)
               : launch_width<Compute<Stored>, 1>(o, stream);
  });
}

}  // namespace

cudaError_t glu(Storage storage, const Operands& o, cudaStream_t stream) {
  return launch<Value>(storage, o, stream);
}

cudaError_t glu_backward(Storage storage, const Operands& o, cudaStream_t stream) {
  return launch<Backward>(storage, o, stream);
}

}  // namespace act::cuda
