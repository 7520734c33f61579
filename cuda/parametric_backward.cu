// A block belongs to one channel: it leaves a sum for each parameter, in double, and a second,
// small kernel adds those in an order that follows from the shape alone.
#include <act/parametric_activations.h>

#include <vector>

#include "channel_sums.cuh"
#include "offsets.cuh"
#include "parametric.h"

namespace act::cuda {
namespace {

// The elements of one channel that one launch takes: their places fit 32 bits.
struct Part {
  std::int64_t channel_strides[3];
  std::int64_t sums_of_channel, first_sum, sums_of_parameter;
  std::uint32_t size, parts;
  ParameterValues scalars;
};

template <class Stored>
struct Data {
  char* grad_input;
  const char* grad_output;
  const char* x;
  const Stored* parameters[most_tensors];
  bool per_channel[most_tensors];
};

template <class T, template <class> class Formula>
__device__ PartialDerivatives<T, tensor_count<Formula>> derivatives(
    const Formula<T>& formula, T x, const T (&parameters)[tensor_count<Formula>]) {
  if constexpr (tensor_count<Formula> == 1) {
    return formula.derivatives(x, parameters[0]);
  } else {
    return formula.derivatives(x, parameters[0], parameters[1]);
  }
}

template <class Stored, template <class> class Formula>
__global__ void __launch_bounds__(threads_per_block)
    backward(const __grid_constant__ Data<Stored> data, double* sums,
             const __grid_constant__ Part of, const __grid_constant__ Offsets<3> offsets) {
  using T = opmath_t<Stored>;
  constexpr int tensors = tensor_count<Formula>;
  const std::uint32_t channel = blockIdx.x / of.parts, part = blockIdx.x % of.parts;
  char* grad_input = data.grad_input + channel * of.channel_strides[0];
  const char* grad_output = data.grad_output + channel * of.channel_strides[1];
  const char* x = data.x + channel * of.channel_strides[2];
  const Formula<T> formula(of.scalars);
  T parameters[tensors];
#pragma unroll
  for (int k = 0; k < tensors; ++k) {
    parameters[k] = to_opmath(data.parameters[k][data.per_channel[k] ? channel : 0]);
  }

  const auto begin = static_cast<std::uint32_t>(std::uint64_t{of.size} * part / of.parts);
  const auto end = static_cast<std::uint32_t>(std::uint64_t{of.size} * (part + 1) / of.parts);
  double sum[tensors] = {};
  for (std::uint32_t i = begin + threadIdx.x; i < end; i += threads_per_block) {
    std::uint32_t place[3];
    offsets.find(i, place);
    const T g = to_opmath(*reinterpret_cast<const Stored*>(grad_output + place[1]));
    const T in = to_opmath(*reinterpret_cast<const Stored*>(x + place[2]));
    const auto d = derivatives<T, Formula>(formula, in, parameters);
#pragma unroll
    for (int k = 0; k < tensors; ++k) sum[k] += double(g) * double(d.tensor[k]);
    *reinterpret_cast<Stored*>(grad_input + place[0]) = from_opmath<Stored>(g * d.input);
  }
#pragma unroll
  for (int k = 0; k < tensors; ++k) {
    if (k > 0) __syncthreads();
    const double total = sum_of_block(sum[k]);
    if (threadIdx.x == 0) {
      sums[k * of.sums_of_parameter + channel * of.sums_of_channel + of.first_sum + part] = total;
    }
  }
}

// The launches, and the blocks for each channel in every one.
struct Launches {
  std::vector<Operands> parts;
  std::int64_t blocks;

  explicit Launches(const ParametricBackward& b) {
    if (b.first_channel.size() != 0) {
      launch_in_32_bits(b.first_channel, [&](const Operands& o) {
        parts.push_back(o);
        return cudaSuccess;
      });
    }
    constexpr std::int64_t turns = 4;
    blocks =
        count_parts(b.channels, b.first_channel.size() / (std::int64_t{threads_per_block} * turns));
  }

  std::int64_t sums_of_channel() const { return static_cast<std::int64_t>(parts.size()) * blocks; }
};

template <class Stored, template <class> class Formula>
cudaError_t launch(const ParametricBackward& b, const ParameterValues& scalars, double* sums,
                   cudaStream_t stream) {
  constexpr int tensors = tensor_count<Formula>;
  const Launches launches(b);
  const std::int64_t of_channel = launches.sums_of_channel();
  const std::int64_t of_parameter = of_channel * b.channels;
  if (b.channels * launches.blocks > most_blocks) return cudaErrorInvalidConfiguration;
  std::int64_t first_sum = 0;
  for (const Operands& o : launches.parts) {
    const Part part{{b.channel_strides[0], b.channel_strides[1], b.channel_strides[2]},
                    of_channel,
                    first_sum,
                    of_parameter,
                    static_cast<std::uint32_t>(o.size()),
                    static_cast<std::uint32_t>(launches.blocks),
                    scalars};
    Data<Stored> data{o.data[0], o.data[1], o.data[2], {}, {}};
    for (int k = 0; k < tensors; ++k) {
      data.parameters[k] = reinterpret_cast<const Stored*>(b.parameters[k].values);
      data.per_channel[k] = b.parameters[k].per_channel;
    }
    const auto blocks = static_cast<std::uint32_t>(b.channels * launches.blocks);
    backward<Stored, Formula>
        <<<blocks, threads_per_block, 0, stream>>>(data, sums, part, Offsets<3>(o));
    const cudaError_t error = cudaGetLastError();
    if (error != cudaSuccess) return error;
    first_sum += launches.blocks;
  }
  for (int k = 0; k < tensors; ++k) {
    const std::int64_t gradients = b.parameters[k].per_channel ? b.channels : 1;
    const std::int64_t count = of_parameter / gradients;
    const cudaError_t error =
        launch_add_sums<Stored>(sums + k * of_parameter, b.parameters[k].gradient, gradients,
                                {count, count, count}, stream);
    if (error != cudaSuccess) return error;
  }
  return cudaSuccess;
}

template <class Stored, template <class> class... Formula>
cudaError_t launch_one(FormulaList<Formula...>, int formula, const ParametricBackward& b,
                       const ParameterValues& scalars, double* sums, cudaStream_t stream) {
  constexpr decltype(&launch<Stored, formulas::Snake>) table[] = {launch<Stored, Formula>...};
  return table[formula](b, scalars, sums, stream);
}

}  // namespace

std::int64_t parametric_backward_sums(const ParametricBackward& b) {
  return Launches(b).sums_of_channel() * b.channels * most_tensors;
}

cudaError_t parametric_backward(int formula, Storage storage, const ParametricBackward& b,
                                const ParameterValues& scalars, double* sums, cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return launch_one<Stored>(ParametricActivations{}, formula, b, scalars, sums, stream);
  });
}

}  // namespace act::cuda
