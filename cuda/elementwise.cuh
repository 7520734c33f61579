// Elementwise kernels over any computation of one result from the elements of a few operands at the
// same index: 16 bytes at a time where the operands are dense and lie alike, element by element
// otherwise.
//
// Compute has: Stored, the dtype in memory; inputs, how many operands it reads; vectors, how many
// of 16 bytes a thread reads of each operand before it computes; and
// opmath_t<Stored> operator()(const opmath_t<Stored> (&x)[inputs]) const. With rounds_exactly, also
// order and double exactly(const double (&x)[inputs]) const, for what is_near_middle.
#pragma once

#include <act/gradient.h>
#include <act/storage.h>

#include <type_traits>

#include "grid.h"
#include "offsets.cuh"

namespace act::cuda {

inline constexpr int vector_bytes = 16;

template <class Stored>
inline constexpr int lanes = vector_bytes / sizeof(Stored);

template <class Stored>
struct alignas(vector_bytes) Vector {
  Stored lane[lanes<Stored>];
};

template <int inputs>
inline constexpr std::uint32_t elements_per_thread = inputs == 1 ? 4 : 2;

// Registers for a thread, at most: with 32 a multiprocessor holds all the threads that it can.
template <class Stored>
inline constexpr int registers = std::is_same_v<Stored, float> ? 32 : 64;

template <class Compute>
struct Pointers {
  explicit Pointers(const Operands& o) {
    for (int k = 0; k <= Compute::inputs; ++k) operand[k] = o.data[k];
  }

  char* operand[1 + Compute::inputs];
};

// Elements are counted from the first one that begins a vector: head ones lie before it, then come
// the vectors, then the tail.
struct DenseParts {
  std::uint32_t head, tail;
  std::int64_t vectors;
};

template <class Compute>
inline constexpr bool has_exact_results = false;
template <class Compute>
  requires Compute::rounds_exactly
inline constexpr bool has_exact_results<Compute> = true;

template <class Compute, class Stored>
__device__ bool is_undecided(opmath_t<Stored> result) {
  if constexpr (has_exact_results<Compute>) {
    return is_near_middle<Stored>(result, float_error(Compute::order));
  } else {
    return false;
  }
}

template <class Compute, class Stored = typename Compute::Stored>
__device__ Stored compute_exactly(const Compute& compute, const Stored (&in)[Compute::inputs]) {
  double x[Compute::inputs];
#pragma unroll
  for (int k = 0; k < Compute::inputs; ++k) x[k] = to_opmath(in[k]);
  return round_once<Stored>(compute.exactly(x));
}

template <class Compute, class Stored = typename Compute::Stored>
__device__ Stored compute_one(const Compute& compute, const Stored (&in)[Compute::inputs]) {
  opmath_t<Stored> x[Compute::inputs];
#pragma unroll
  for (int k = 0; k < Compute::inputs; ++k) x[k] = to_opmath(in[k]);
  const opmath_t<Stored> result = compute(x);
  if constexpr (has_exact_results<Compute>) {
    if (is_undecided<Compute, Stored>(result)) return compute_exactly(compute, in);
  }
  return from_opmath<Stored>(result);
}

// The lanes whose bits are set, one after the other: there are few, and so the formula in double
// stands here once. By selects: an index would put the vectors into local memory.
template <class Compute, class Stored = typename Compute::Stored>
__device__ void settle(const Compute& compute, const Vector<Stored> (&in)[Compute::inputs],
                       Vector<Stored>& out, std::uint32_t undecided) {
#pragma unroll 1
  for (; undecided != 0; undecided &= undecided - 1) {
    const int chosen = __ffs(static_cast<int>(undecided)) - 1;
    Stored x[Compute::inputs] = {};
#pragma unroll
    for (int lane = 0; lane < lanes<Stored>; ++lane) {
#pragma unroll
      for (int k = 0; k < Compute::inputs; ++k) x[k] = lane == chosen ? in[k].lane[lane] : x[k];
    }
    const Stored result = compute_exactly(compute, x);
#pragma unroll
    for (int lane = 0; lane < lanes<Stored>; ++lane) {
      out.lane[lane] = lane == chosen ? result : out.lane[lane];
    }
  }
}

template <class Compute>
__device__ void compute_element(const Compute& compute, const Pointers<Compute>& data,
                                std::int64_t index) {
  using Stored = typename Compute::Stored;
  Stored in[Compute::inputs];
#pragma unroll
  for (int k = 0; k < Compute::inputs; ++k) {
    in[k] = reinterpret_cast<const Stored*>(data.operand[k + 1])[index];
  }
  reinterpret_cast<Stored*>(data.operand[0])[index] = compute_one(compute, in);
}

template <class Compute>
__global__ void __maxnreg__(registers<typename Compute::Stored>)
    dense_kernel(const __grid_constant__ Compute compute,
                 const __grid_constant__ Pointers<Compute> data,
                 const __grid_constant__ DenseParts parts) {
  using Stored = typename Compute::Stored;
  constexpr int inputs = Compute::inputs;
  constexpr std::uint32_t count = Compute::vectors, tile = count * threads_per_block;

  const std::int64_t first = std::int64_t{blockIdx.x} * tile;
  if (first >= parts.vectors) {
    // The block after the last vector.
    const std::uint32_t i = threadIdx.x;
    if (i >= parts.head + parts.tail) return;
    const std::int64_t skipped = i < parts.head ? 0 : parts.vectors * lanes<Stored>;
    compute_element(compute, data, skipped + i);
    return;
  }

  const std::int64_t begin = std::int64_t{parts.head} * sizeof(Stored) + first * vector_bytes;
  const std::int64_t remaining = parts.vectors - first;
  const std::uint32_t size = remaining < tile ? static_cast<std::uint32_t>(remaining) : tile;
  Vector<Stored> in[count][inputs];
#pragma unroll
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::uint32_t i = threadIdx.x + j * threads_per_block;
    if (i >= size) break;
#pragma unroll
    for (int k = 0; k < inputs; ++k) {
      in[j][k] = reinterpret_cast<const Vector<Stored>*>(data.operand[k + 1] + begin)[i];
    }
  }

  // Not unrolled, which would write the formula out twice: the vectors move up instead.
#pragma unroll 1
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::uint32_t i = threadIdx.x + j * threads_per_block;
    if (i >= size) break;
    Vector<Stored> out;
    std::uint32_t undecided = 0;
#pragma unroll
    for (int lane = 0; lane < lanes<Stored>; ++lane) {
      opmath_t<Stored> x[inputs];
#pragma unroll
      for (int k = 0; k < inputs; ++k) x[k] = to_opmath(in[0][k].lane[lane]);
      const opmath_t<Stored> result = compute(x);
      undecided |= is_undecided<Compute, Stored>(result) ? 1u << lane : 0u;
      out.lane[lane] = from_opmath<Stored>(result);
    }
    if constexpr (has_exact_results<Compute>) settle(compute, in[0], out, undecided);
    reinterpret_cast<Vector<Stored>*>(data.operand[0] + begin)[i] = out;
#pragma unroll
    for (std::uint32_t next = 1; next < count; ++next) {
#pragma unroll
      for (int k = 0; k < inputs; ++k) in[next - 1][k] = in[next][k];
    }
  }
}

template <class Compute>
__global__ void __maxnreg__(registers<typename Compute::Stored>)
    strided_kernel(const __grid_constant__ Compute compute,
                   const __grid_constant__ Pointers<Compute> data,
                   const __grid_constant__ Offsets<1 + Compute::inputs> offsets,
                   const std::uint32_t size) {
  using Stored = typename Compute::Stored;
  constexpr int inputs = Compute::inputs;
  constexpr std::uint32_t count = elements_per_thread<inputs>, tile = count * threads_per_block;

  const std::uint32_t begin = blockIdx.x * tile, first = begin + threadIdx.x;
  const std::uint32_t end = size - begin < tile ? size : begin + tile;
  std::uint32_t to[count];
  Stored in[count][inputs];
#pragma unroll
  for (std::uint32_t j = 0; j < count; ++j) {
    const std::uint32_t index = first + j * threads_per_block;
    if (index >= end) break;
    std::uint32_t place[1 + inputs];
    offsets.find(index, place);
    to[j] = place[0];
#pragma unroll
    for (int k = 0; k < inputs; ++k) {
      in[j][k] = *reinterpret_cast<const Stored*>(data.operand[k + 1] + place[k + 1]);
    }
  }

#pragma unroll 1
  for (std::uint32_t j = 0; j < count; ++j) {
    if (first + j * threads_per_block >= end) break;
    *reinterpret_cast<Stored*>(data.operand[0] + to[0]) = compute_one(compute, in[0]);
#pragma unroll
    for (std::uint32_t next = 1; next < count; ++next) {
      to[next - 1] = to[next];
#pragma unroll
      for (int k = 0; k < inputs; ++k) in[next - 1][k] = in[next][k];
    }
  }
}

// Where vectors of all operands begin at the same elements, and how many there are. False where the
// operands' addresses have different places within a vector, so that no such elements exist.
template <class Compute>
bool divide_into_vectors(const Pointers<Compute>& data, std::int64_t size, DenseParts& parts) {
  using Stored = typename Compute::Stored;
  const auto misalignment = [&](int k) {
    return reinterpret_cast<std::uintptr_t>(data.operand[k]) % vector_bytes;
  };
  for (int k = 1; k <= Compute::inputs; ++k) {
    if (misalignment(k) != misalignment(0)) return false;
  }
  const std::int64_t before = (vector_bytes - misalignment(0)) % vector_bytes / sizeof(Stored);
  const std::int64_t head = before < size ? before : size;
  parts.vectors = (size - head) / lanes<Stored>;
  parts.head = static_cast<std::uint32_t>(head);
  parts.tail = static_cast<std::uint32_t>(size - head - parts.vectors * lanes<Stored>);
  return true;
}

template <class Compute>
cudaError_t launch_dense(const Compute& compute, const Pointers<Compute>& data, DenseParts parts,
                         cudaStream_t stream) {
  constexpr std::int64_t tile = Compute::vectors * threads_per_block;
  const std::int64_t blocks = ceil_div(parts.vectors, tile) + (parts.head + parts.tail > 0);
  if (blocks > most_blocks) return cudaErrorInvalidConfiguration;
  dense_kernel<<<static_cast<std::uint32_t>(blocks), threads_per_block, 0, stream>>>(compute, data,
                                                                                     parts);
  return cudaGetLastError();
}

template <class Compute>
cudaError_t launch_strided(const Compute& compute, const Operands& operands, cudaStream_t stream) {
  constexpr std::int64_t tile = elements_per_thread<Compute::inputs> * threads_per_block;
  const std::int64_t size = operands.size();
  strided_kernel<<<static_cast<std::uint32_t>(ceil_div(size, tile)), threads_per_block, 0,
                   stream>>>(compute, Pointers<Compute>(operands),
                             Offsets<1 + Compute::inputs>(operands),
                             static_cast<std::uint32_t>(size));
  return cudaGetLastError();
}

template <class Compute>
cudaError_t launch_elementwise(const Compute& compute, const Operands& operands,
                               cudaStream_t stream) {
  const std::int64_t size = operands.size();
  if (size == 0) return cudaSuccess;
  const Pointers<Compute> data(operands);
  DenseParts parts;
  if (operands.is_dense(sizeof(typename Compute::Stored)) &&
      divide_into_vectors<Compute>(data, size, parts)) {
    return launch_dense(compute, data, parts, stream);
  }
  return launch_in_32_bits(
      operands, [&](const Operands& part) { return launch_strided(compute, part, stream); });
}

}  // namespace act::cuda
