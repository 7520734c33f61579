// The ops whose parameters are tensors on the CPU: a parameter takes part as an operand broadcast
// over all dimensions but the channel's.
#include "parametric.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "../parametric_kernels.h"
#include "channel_operand.h"
#include "elementwise.h"
#include "kept_table.h"

namespace act::cpu {
namespace {

const ParametricLoops& parametric_loops() {
#if defined(__x86_64__)
  if (&kernels() == &avx512::kernels) return avx512::parametric_loops;
  if (&kernels() == &avx2::kernels) return avx2::parametric_loops;
#endif
  return baseline::parametric_loops;
}

// Never destroyed: another thread may compute while the process ends.
KeptTable& table_of(int formula, Storage storage) {
  using Tables = std::array<std::array<KeptTable, 2>, ParametricActivations::size>;
  static Tables& tables = *new Tables;
  return tables[static_cast<std::size_t>(formula)][storage == Storage::bfloat16 ? 0 : 1];
}

// Of a half type's values, where each parameter is one value. Null where there is none.
template <std::size_t count>
std::shared_ptr<const void> value_table(int formula, const ParameterValues& scalars,
                                        const at::Tensor& self,
                                        const std::array<at::Tensor, count>& parameters) {
  const Storage storage = storage_of(self);
  if (!is_half(storage)) return nullptr;
  if (self.numel() < KeptTable::smallest_call) return nullptr;
  ParameterBits bits{std::bit_cast<std::uint64_t>(scalars.first),
                     std::bit_cast<std::uint64_t>(scalars.second)};
  static_assert(2 + count <= std::tuple_size_v<ParameterBits>);
  std::array<const void*, count> numbers;
  for (std::size_t k = 0; k < count; ++k) {
    if (parameters[k].numel() != 1) return nullptr;
    numbers[k] = parameters[k].const_data_ptr();
    std::memcpy(&bits[2 + k], numbers[k], sizeof(std::uint16_t));
  }
  return table_of(formula, storage)
      .find(bits, self.numel(), half_numbers * sizeof(std::uint16_t), [&](void* table) {
        parametric_loops().tabulate(formula, storage, table, numbers.data(), scalars);
      });
}

// The gradients of the parameters are sums over the tensor. It is cut into parts by its shape
// alone, each summed on its own and all added in order, so that the result does not depend on the
// number of threads.
template <std::size_t count>
class PartialSums {
 public:
  PartialSums(int64_t size, const std::array<at::Tensor, count>& parameters) {
    for (const at::Tensor& parameter : parameters) {
      first_.push_back(elements_);
      elements_ += parameter.numel();
    }
    constexpr int64_t most_parts = 64;
    parts_ = std::clamp<int64_t>(size / std::max(grain, 8 * elements_), 1, most_parts);
    sums_.resize(static_cast<std::size_t>(parts_ * elements_));
  }

  int64_t parts() const { return parts_; }

  std::array<ParameterSums, count> of_part(int64_t part,
                                           const std::array<at::Tensor, count>& contiguous) {
    std::array<ParameterSums, count> result;
    for (std::size_t k = 0; k < count; ++k) {
      result[k] = {static_cast<const char*>(contiguous[k].const_data_ptr()),
                   sums_.data() + part * elements_ + first_[k]};
    }
    return result;
  }

  void write_to(std::array<at::Tensor, count>& gradients) {
    for (std::size_t i = static_cast<std::size_t>(elements_); i < sums_.size(); ++i) {
      sums_[i % static_cast<std::size_t>(elements_)] += sums_[i];
    }
    for (std::size_t k = 0; k < count; ++k) {
      gradients[k].copy_(
          at::from_blob(sums_.data() + first_[k], gradients[k].sizes(), at::kDouble));
    }
  }

 private:
  std::vector<int64_t> first_;
  int64_t elements_ = 0, parts_ = 1;
  std::vector<double> sums_;
};

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }

  template <std::size_t count>
  static void run(int formula, const ParameterValues& scalars, const at::Tensor& result,
                  const at::Tensor& self, const std::array<at::Tensor, count>& parameters) {
    const Storage storage = storage_of(self);
    if (const auto table = value_table(formula, scalars, self, parameters)) {
      return for_each_element(std::array{result, self}, [&](const Operands& o) {
        parametric_loops().value_from_table(storage, table.get(), o);
      });
    }
    std::array<at::Tensor, 2 + count> operands{result, self};
    for (std::size_t k = 0; k < count; ++k) {
      operands[2 + k] = weight_operand(parameters[k], self);
    }
    for_each_element(operands, [&](const Operands& o) {
      parametric_loops().value(formula, storage, o, scalars);
    });
  }

  template <std::size_t count>
  static void run_backward(int formula, const ParameterValues& scalars,
                           const at::Tensor& grad_input, const at::Tensor& grad_output,
                           const at::Tensor& self, const std::array<at::Tensor, count>& parameters,
                           std::array<at::Tensor, count>& gradients) {
    // The kernel tells channels apart by address: each needs one of its own.
    std::array<at::Tensor, count> contiguous;
    for (std::size_t k = 0; k < count; ++k) contiguous[k] = parameters[k].contiguous();
    const int64_t size = self.numel();
    PartialSums<count> sums(size, contiguous);
    if (size != 0) {
      at::TensorIteratorConfig config;
      config.set_check_mem_overlap(false).check_all_same_dtype(true).resize_outputs(false);
      config.add_output(grad_input).add_const_input(grad_output).add_const_input(self);
      for (const at::Tensor& parameter : contiguous) {
        config.add_owned_const_input(weight_operand(parameter, self));
      }
      at::TensorIterator iterator = config.build();
      const Storage storage = storage_of(self);
      const bool stream = should_stream(std::array{grad_input, grad_output, self});
      share_among_threads(sums.parts(), 1, [&](int64_t begin, int64_t end) {
        for (int64_t part = begin; part < end; ++part) {
          const auto of_part = sums.of_part(part, contiguous);
          iterator.serial_for_each(
              [&](char** data, const int64_t* strides, int64_t columns, int64_t rows) {
                parametric_loops().backward(formula, storage,
                                            {data, strides, columns, rows, stream}, scalars,
                                            of_part.data());
              },
              {size * part / sums.parts(), size * (part + 1) / sums.parts()});
        }
      });
    }
    sums.write_to(gradients);
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_parametric_op(
      [&]<class Op>() { implement_parametric<Op, ParametricKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
