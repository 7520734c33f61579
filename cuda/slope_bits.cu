// A thread makes, or reads, the byte of four elements.
#include <act/activations.h>
#include <act/elementary/limits.h>
#include <act/gradient.h>

#include "grid.h"
#include "slope_bits.h"

namespace act::cuda {
namespace {

constexpr std::uint32_t bytes_per_thread = 2, tile = bytes_per_thread * threads_per_block;

struct Rows {
  std::int64_t elements;
  std::int64_t bytes;
  std::uint32_t blocks;
  bool aligned;  // whether four elements can be read at once
};

template <class Stored>
struct alignas(sizeof(Stored) < 4 ? 4 * sizeof(Stored) : 16) Four {
  Stored element[4];
};

// The row and, for each of its bytes that a block takes, the byte's place.
struct Place {
  std::int64_t row, byte;

  __device__ explicit Place(const Rows& rows)
      : row(blockIdx.x / rows.blocks),
        byte(std::int64_t{blockIdx.x % rows.blocks} * tile + threadIdx.x) {}
};

template <class Stored>
__device__ Four<Stored> load_four(const Stored* row, std::int64_t byte, const Rows& rows) {
  const Stored* from = row + 4 * byte;
  const std::int64_t remaining = rows.elements - 4 * byte;
  if (rows.aligned && remaining >= 4) return *reinterpret_cast<const Four<Stored>*>(from);
  Four<Stored> four{};
#pragma unroll
  for (int e = 0; e < 4; ++e) {
    if (e < remaining) four.element[e] = from[e];
  }
  return four;
}

template <class Stored>
__device__ void store_four(Stored* row, std::int64_t byte, const Rows& rows, Four<Stored> four) {
  Stored* to = row + 4 * byte;
  const std::int64_t remaining = rows.elements - 4 * byte;
  if (rows.aligned && remaining >= 4) {
    *reinterpret_cast<Four<Stored>*>(to) = four;
    return;
  }
#pragma unroll
  for (int e = 0; e < 4; ++e) {
    if (e < remaining) to[e] = four.element[e];
  }
}

template <class Stored, template <class> class Formula>
__global__ void __launch_bounds__(threads_per_block)
    slope_bits_kernel(const __grid_constant__ Formula<opmath_t<Stored>> formula,
                      const Stored* const self, std::uint8_t* const bits,
                      const __grid_constant__ Rows rows) {
  using T = opmath_t<Stored>;
  const Place place(rows);
  const Stored* row = self + place.row * rows.elements;
  Four<Stored> in[bytes_per_thread];
#pragma unroll
  for (std::uint32_t j = 0; j < bytes_per_thread; ++j) {
    const std::int64_t byte = place.byte + j * threads_per_block;
    if (byte < rows.bytes) in[j] = load_four(row, byte, rows);
  }
  const T high = formula.slopes().high;
#pragma unroll
  for (std::uint32_t j = 0; j < bytes_per_thread; ++j) {
    const std::int64_t byte = place.byte + j * threads_per_block;
    if (byte >= rows.bytes) return;
    std::uint32_t codes = 0;
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const T slope = formula.derivative(to_opmath(in[j].element[e]));
      const std::uint32_t code = (elementary::is_nan(slope) ? 2u : 0u) | (slope == high ? 1u : 0u);
      codes |= 4 * byte + e < rows.elements ? code << 2 * e : 0u;
    }
    bits[place.row * rows.bytes + byte] = static_cast<std::uint8_t>(codes);
  }
}

template <class Stored, template <class> class Formula>
__global__ void __launch_bounds__(threads_per_block)
    backward_from_bits_kernel(const __grid_constant__ Formula<opmath_t<Stored>> formula,
                              Stored* const grad_input, const Stored* const grad_output,
                              const std::uint8_t* const bits, const __grid_constant__ Rows rows) {
  using T = opmath_t<Stored>;
  const Place place(rows);
  const Stored* from = grad_output + place.row * rows.elements;
  Stored* to = grad_input + place.row * rows.elements;
  Four<Stored> in[bytes_per_thread];
  std::uint32_t codes[bytes_per_thread];
#pragma unroll
  for (std::uint32_t j = 0; j < bytes_per_thread; ++j) {
    const std::int64_t byte = place.byte + j * threads_per_block;
    if (byte >= rows.bytes) break;
    in[j] = load_four(from, byte, rows);
    codes[j] = bits[place.row * rows.bytes + byte];
  }
  const elementary::Slopes<T> slopes = formula.slopes();
#pragma unroll
  for (std::uint32_t j = 0; j < bytes_per_thread; ++j) {
    const std::int64_t byte = place.byte + j * threads_per_block;
    if (byte >= rows.bytes) return;
    Four<Stored> out;
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      const std::uint32_t code = codes[j] >> 2 * e & 3;
      const T slope = code == 1 ? slopes.high : slopes.low;
      const T or_nan = code > 1 ? elementary::quiet_nan<T>() : slope;
      const T gradient = scale_gradient<T, Formula>(to_opmath(in[j].element[e]), or_nan);
      out.element[e] = from_opmath<Stored>(gradient);
    }
    store_four(to, byte, rows, out);
  }
}

// Everything about one launch but the types.
struct Call {
  const void* from;
  void* to;  // null: bits are made, of `from`
  const std::uint8_t* bits;
  std::uint8_t* new_bits;
  std::int64_t count;
  std::int64_t elements;
  const ParameterValues& parameters;
  cudaStream_t stream;
};

template <class Stored>
bool is_aligned(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) % alignof(Four<Stored>) == 0;
}

template <class Stored, template <class> class Formula>
cudaError_t launch_formula(const Call& call) {
  if constexpr (Formula<float>::declaration.two_slopes) {
    // Rows that fill their bytes are one long row.
    const bool joined = call.elements % 4 == 0;
    const std::int64_t count = joined ? 1 : call.count;
    const std::int64_t elements = joined ? call.count * call.elements : call.elements;
    if (call.count == 0 || elements == 0) return cudaSuccess;
    const std::int64_t bytes = ceil_div(elements, 4), blocks = ceil_div(bytes, tile);
    if (blocks > most_blocks / count) return cudaErrorInvalidConfiguration;
    const bool aligned = count == 1 && is_aligned<Stored>(call.from) && is_aligned<Stored>(call.to);
    const Rows rows{elements, bytes, static_cast<std::uint32_t>(blocks), aligned};
    const auto grid = static_cast<std::uint32_t>(count * blocks);
    const Formula<opmath_t<Stored>> formula(call.parameters);
    const auto* from = static_cast<const Stored*>(call.from);
    if (call.to == nullptr) {
      slope_bits_kernel<Stored, Formula>
          <<<grid, threads_per_block, 0, call.stream>>>(formula, from, call.new_bits, rows);
    } else {
      backward_from_bits_kernel<Stored, Formula><<<grid, threads_per_block, 0, call.stream>>>(
          formula, static_cast<Stored*>(call.to), from, call.bits, rows);
    }
    return cudaGetLastError();
  } else {
    return cudaErrorInvalidValue;
  }
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_in_list(int formula, const Call& call, FormulaList<Formula...>) {
  cudaError_t error = cudaErrorInvalidValue;
  int index = 0;
  (void)((index++ == formula && (error = launch_formula<Stored, Formula>(call), true)) || ...);
  return error;
}

cudaError_t launch(int formula, Storage storage, const Call& call) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return launch_in_list<Stored>(formula, call, Activations{});
  });
}

}  // namespace

cudaError_t slope_bits(int formula, Storage storage, const void* self, std::uint8_t* bits,
                       std::int64_t rows, std::int64_t elements, const ParameterValues& parameters,
                       cudaStream_t stream) {
  return launch(formula, storage,
                {self, nullptr, nullptr, bits, rows, elements, parameters, stream});
}

cudaError_t backward_from_bits(int formula, Storage storage, void* grad_input,
                               const void* grad_output, const std::uint8_t* bits, std::int64_t rows,
                               std::int64_t elements, const ParameterValues& parameters,
                               cudaStream_t stream) {
  return launch(formula, storage,
                {grad_output, grad_input, bits, nullptr, rows, elements, parameters, stream});
}

}  // namespace act::cuda
