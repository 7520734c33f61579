#include <act/formulas/rrelu.h>

#include <type_traits>

#include "offsets.cuh"
#include "pack.cuh"
#include "rrelu.h"

namespace act::cuda {
namespace {

using elementary::PhiloxState;
using elementary::PhiloxWords;

// A Philox group has four words, one for each of four elements.
constexpr int group_size = 4;

// A thread's elements are whole groups, and whole vectors.
template <class Stored>
constexpr int thread_size = lanes<Stored> > group_size ? lanes<Stored> : group_size;

constexpr int operand_count(Rrelu what) { return what == Rrelu::value ? 2 : 3; }

template <class Stored, Rrelu what, int k>
using operand_t =
    std::conditional_t<what == Rrelu::value_and_slopes && k == 1, opmath_t<Stored>, Stored>;

// The operands' elements that one thread has, or one of them.
template <class Stored, Rrelu what, int size>
struct Elements {
  using Formula = formulas::Rrelu<opmath_t<Stored>>;
  Stored first[size];
  operand_t<Stored, what, 1> second[size];
  Stored third[size];

  __device__ void compute(int i, opmath_t<Stored> slope) {
    if constexpr (what == Rrelu::value) {
      first[i] = from_opmath<Stored>(Formula::value(to_opmath(second[i]), slope));
    } else if constexpr (what == Rrelu::backward) {
      const auto derivative = Formula::derivative(to_opmath(third[i]), slope);
      first[i] = from_opmath<Stored>(to_opmath(second[i]) * derivative);
    } else {
      const auto x = to_opmath(third[i]);
      first[i] = from_opmath<Stored>(Formula::value(x, slope));
      second[i] = Formula::derivative(x, slope);
    }
  }
};

template <int width, class Stored, int size>
__device__ void load(Stored (&elements)[size], const char* from) {
#pragma unroll
  for (int i = 0; i < size; i += width) {
    const auto pack = Pack<Stored, width>::load(reinterpret_cast<const Stored*>(from) + i);
#pragma unroll
    for (int k = 0; k < width; ++k) elements[i + k] = pack.element[k];
  }
}

template <int width, class Stored, int size>
__device__ void store(const Stored (&elements)[size], char* to) {
#pragma unroll
  for (int i = 0; i < size; i += width) {
    Pack<Stored, width> pack;
#pragma unroll
    for (int k = 0; k < width; ++k) pack.element[k] = elements[i + k];
    pack.store(reinterpret_cast<Stored*>(to) + i);
  }
}

template <bool vectors, Rrelu what, class Stored, int size>
__device__ void load_inputs(Elements<Stored, what, size>& e, char* const (&from)[3]) {
  constexpr int width = vectors ? lanes<Stored> : 1;
  if constexpr (what != Rrelu::value_and_slopes) load<width>(e.second, from[1]);
  if constexpr (what != Rrelu::value) load<width>(e.third, from[2]);
}

template <bool vectors, Rrelu what, class Stored, int size>
__device__ void store_results(const Elements<Stored, what, size>& e, char* const (&to)[3]) {
  store<vectors ? lanes<Stored> : 1>(e.first, to[0]);
  if constexpr (what == Rrelu::value_and_slopes) {
    store<vectors ? lanes<opmath_t<Stored>> : 1>(e.second, to[1]);
  }
}

__device__ inline std::uint32_t word_of(const PhiloxWords& words, std::uint64_t place) {
  // Selected, not indexed: an indexed word would go through memory.
  const std::uint32_t low = place & 1 ? words.word[1] : words.word[0];
  const std::uint32_t high = place & 1 ? words.word[3] : words.word[2];
  return place & 2 ? high : low;
}

// One element of the sample whose first one has the place `sample_begin`.
template <class Stored, Rrelu what>
__device__ void compute_one(char* const (&at)[3], std::uint64_t place,
                            const formulas::Rrelu<opmath_t<Stored>>& formula,
                            const PhiloxState& state) {
  const PhiloxWords words =
      elementary::philox_of_group(place / group_size, state.seed, state.offset);
  Elements<Stored, what, 1> e;
  load_inputs<false, what>(e, at);
  e.compute(0, formula.slope(word_of(words, place)));
  store_results<false, what>(e, at);
}

template <class Stored, Rrelu what>
__device__ void move_by(char* (&at)[3], std::int64_t elements) {
  at[0] += elements * std::int64_t{sizeof(Stored)};
  at[1] += elements * std::int64_t{sizeof(operand_t<Stored, what, 1>)};
  at[2] += elements * std::int64_t{sizeof(Stored)};
}

template <class Stored, Rrelu what, bool vectors>
__global__ void __launch_bounds__(threads_per_block)
    dense(const DenseRrelu data, const __grid_constant__ RandomSlopes slopes,
          std::int64_t threads_per_state) {
  constexpr int size = thread_size<Stored>;
  const std::int64_t thread = std::int64_t{blockIdx.x} * threads_per_block + threadIdx.x;
  const std::int64_t each = slopes.elements_per_state;
  const std::int64_t sample = each == data.size ? 0 : thread / threads_per_state;
  const std::int64_t place = (thread - sample * threads_per_state) * size;
  if (sample * each + place >= data.size) return;

  const PhiloxState state = slopes.states[sample];
  const formulas::Rrelu<opmath_t<Stored>> formula({slopes.lower, slopes.upper});
  char* at[3] = {data.operand[0], data.operand[1], data.operand[2]};
  move_by<Stored, what>(at, sample * each + place);

  if (each - place >= size) {
    Elements<Stored, what, size> e;
    load_inputs<vectors, what>(e, at);
#pragma unroll
    for (int i = 0; i < size; i += group_size) {
      const PhiloxWords words = elementary::philox_of_group(
          static_cast<std::uint64_t>(place + i) / group_size, state.seed, state.offset);
#pragma unroll
      for (int k = 0; k < group_size; ++k) e.compute(i + k, formula.slope(words.word[k]));
    }
    store_results<vectors, what>(e, at);
    return;
  }
  // The end of a sample.
  for (std::int64_t i = place; i < each; ++i) {
    compute_one<Stored, what>(at, static_cast<std::uint64_t>(i), formula, state);
    move_by<Stored, what>(at, 1);
  }
}

template <class Stored, Rrelu what>
__global__ void __launch_bounds__(threads_per_block)
    strided(const DenseRrelu data, std::uint64_t first_place,
            const __grid_constant__ RandomSlopes slopes,
            const __grid_constant__ Offsets<operand_count(what) + 1> offsets, bool one_state) {
  constexpr int operands = operand_count(what);
  const std::uint32_t index = blockIdx.x * threads_per_block + threadIdx.x;
  if (index >= data.size) return;
  std::uint32_t offset[operands + 1];
  offsets.find(index, offset);
  char* at[3] = {data.operand[0], data.operand[1], data.operand[2]};
#pragma unroll
  for (int k = 0; k < operands; ++k) at[k] += offset[k];

  const auto each = static_cast<std::uint64_t>(slopes.elements_per_state);
  const std::uint64_t place = first_place + offset[operands] / sizeof(Stored);
  const std::uint64_t sample = one_state ? 0 : place / each;
  const formulas::Rrelu<opmath_t<Stored>> formula({slopes.lower, slopes.upper});
  compute_one<Stored, what>(at, place - sample * each, formula, slopes.states[sample]);
}

template <class Stored, Rrelu what, bool vectors>
cudaError_t launch_dense(const DenseRrelu& data, const RandomSlopes& slopes, cudaStream_t stream) {
  const std::int64_t each = slopes.elements_per_state;
  const std::int64_t threads_per_state = ceil_div(each, thread_size<Stored>);
  const std::int64_t blocks = ceil_div(data.size / each * threads_per_state, threads_per_block);
  if (blocks > most_blocks) return cudaErrorInvalidConfiguration;
  dense<Stored, what, vectors>
      <<<static_cast<std::uint32_t>(blocks), threads_per_block, 0, stream>>>(data, slopes,
                                                                             threads_per_state);
  return cudaGetLastError();
}

template <class Stored, Rrelu what>
cudaError_t launch(const DenseRrelu& data, const RandomSlopes& slopes, cudaStream_t stream) {
  if (data.size == 0) return cudaSuccess;
  bool vectors =
      slopes.elements_per_state == data.size || slopes.elements_per_state % lanes<Stored> == 0;
  for (int k = 0; k < operand_count(what); ++k) vectors &= begins_pack(data.operand[k]);
  return vectors ? launch_dense<Stored, what, true>(data, slopes, stream)
                 : launch_dense<Stored, what, false>(data, slopes, stream);
}

template <class Stored, Rrelu what>
cudaError_t launch(const Operands& all, const char* origin, const RandomSlopes& slopes,
                   cudaStream_t stream) {
  constexpr int operands = operand_count(what);
  const std::int64_t whole = all.size();
  if (whole == 0) return cudaSuccess;
  return launch_in_32_bits(all, [&](const Operands& o) {
    const std::int64_t size = o.size();
    const DenseRrelu data{{o.data[0], o.data[1], operands == 3 ? o.data[2] : nullptr}, size};
    const auto first_place = static_cast<std::uint64_t>(o.data[operands] - origin) / sizeof(Stored);
    strided<Stored, what><<<static_cast<std::uint32_t>(ceil_div(size, threads_per_block)),
                            threads_per_block, 0, stream>>>(
        data, first_place, slopes, Offsets<operands + 1>(o), slopes.elements_per_state == whole);
    return cudaGetLastError();
  });
}

template <class... Arguments>
cudaError_t launch_any(Rrelu what, Storage storage, const Arguments&... arguments) {
  return dispatch_storage(storage, [&]<class Stored>() {
    switch (what) {
      case Rrelu::value:
        return launch<Stored, Rrelu::value>(arguments...);
      case Rrelu::backward:
        return launch<Stored, Rrelu::backward>(arguments...);
      case Rrelu::value_and_slopes:
        break;
    }
    return launch<Stored, Rrelu::value_and_slopes>(arguments...);
  });
}

}  // namespace

cudaError_t rrelu(Rrelu what, Storage storage, const DenseRrelu& data, const RandomSlopes& slopes,
                  cudaStream_t stream) {
  return launch_any(what, storage, data, slopes, stream);
}

cudaError_t rrelu(Rrelu what, Storage storage, const Operands& operands, const char* origin,
                  const RandomSlopes& slopes, cudaStream_t stream) {
  return launch_any(what, storage, operands, origin, slopes, stream);
}

}  // namespace act::cuda
