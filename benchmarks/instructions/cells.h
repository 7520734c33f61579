// Every kernel of every instruction set that this machine runs, each on a few dense elements in the
// L1 cache: what main.cpp counts the instructions of.
#pragma once

#include <act/activations.h>
#include <cpu/gated.h>
#include <cpu/kernels.h>
#include <cpu/softmax.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace act::instructions {

struct InstructionSet {
  const char* name;
  const cpu::Kernels* kernels;
};

// Under valgrind, which knows no AVX-512, the processor says that it has none.
inline std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{{"baseline", &cpu::baseline::kernels}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    sets.push_back({"avx2", &cpu::avx2::kernels});
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    sets.push_back({"avx512", &cpu::avx512::kernels});
  }
#endif
  return sets;
}

struct Cell {
  const char* instruction_set;
  std::string op;
  std::string order;
  const char* dtype;
  std::function<void()> run;
};

inline constexpr std::int64_t capacity = 4096;  // elements; a multiple of every vector
inline constexpr int most_operands = 5;

// Memory for the operands of one call, 64 bytes further in its page each, as the driver's blocks.
struct Memory {
  static constexpr std::int64_t bytes_of_one = capacity * 8 + 64;
  alignas(4096) char bytes[most_operands][bytes_of_one];
  alignas(64) std::uint8_t bits[capacity / 4];
  double weight_sums[1];
  elementary::PhiloxState state{1, 2};

  char* operator[](int k) { return bytes[k]; }
};

// Numbers between -6 and 6 without a pattern: so that no select is always the same.
template <class Stored>
void fill(char* memory) {
  auto* numbers = reinterpret_cast<Stored*>(memory);
  for (std::int64_t i = 0; i < capacity; ++i) {
    const double turned = static_cast<double>(i) * 0.61803398874989485;
    numbers[i] =
        from_opmath<Stored>(static_cast<opmath_t<Stored>>(12 * (turned - std::floor(turned)) - 6));
  }
}

inline const char* name_of(Storage storage) {
  constexpr const char* names[] = {"float32", "float64", "bfloat16", "float16"};
  return names[static_cast<int>(storage)];
}

inline ParameterValues default_parameters(const Declaration& declaration) {
  return {declaration.parameters[0].default_value, declaration.parameters[1].default_value};
}

// The cells of one instruction set and dtype, on the first `size` elements.
class Cells {
 public:
  Cells(const InstructionSet& set, Storage storage, std::int64_t size, bool stream, Memory& memory)
      : set_(set), storage_(storage), size_(size), stream_(stream), memory_(memory) {
    dispatch_storage(storage, [&]<class Stored>() {
      for (int k = 0; k < most_operands; ++k) fill<Stored>(memory[k]);
    });
  }

  void add_all(std::vector<Cell>& cells) const {
    add_pointwise(cells, Activations{});
    add_prelu(cells);
    add_rrelu(cells);
    add_glu(cells);
    add_softmax(cells);
  }

  template <template <class> class... Formula>
  void add_pointwise(std::vector<Cell>& cells, FormulaList<Formula...>) const {
    int index = 0;
    (add_formula<Formula>(cells, index++), ...);
  }

 private:
  template <template <class> class Formula>
  void add_formula(std::vector<Cell>& cells, int formula) const {
    const Declaration& declaration = Formula<float>::declaration;
    const ParameterValues parameters = default_parameters(declaration);
    std::string op = declaration.name;
    if (declaration.variant != nullptr) op += std::string("-") + declaration.variant;
    const auto add_order = [&](const char* name, Pointwise order, Saved saved, int operands) {
      add(cells, op, name, [=, this, kernel = set_.kernels->pointwise] {
        call(operands, [&](const cpu::Operands& o) {
          kernel(formula, order, saved, storage_, o, parameters);
        });
      });
    };
    add_order("value", Pointwise::value, Saved::input, 2);
    add_order("backward", Pointwise::backward, Saved::input, 3);
    add_order("double backward", Pointwise::double_backward, Saved::input, 4);
    if constexpr (DifferentiableFromOutput<Formula>) {
      add_order("backward from output", Pointwise::backward, Saved::output, 3);
      add_order("double backward from output", Pointwise::double_backward, Saved::output, 4);
    }
    if (declaration.two_slopes) {
      add(cells, op, "slope bits", [=, this, kernel = set_.kernels->slope_bits] {
        kernel(formula, storage_, memory_[1], memory_.bits, size_, parameters);
      });
      add(cells, op, "backward from bits", [=, this, kernel = set_.kernels->backward_from_bits] {
        kernel(formula, storage_, memory_[0], memory_[1], memory_.bits, size_, parameters);
      });
    }
  }

  void add_prelu(std::vector<Cell>& cells) const {
    const int weight = 2;
    add(cells, "prelu", "value", [=, this, kernel = set_.kernels->prelu] {
      call(3, [&](const cpu::Operands& o) { kernel(storage_, o); }, weight);
    });
    add(cells, "prelu", "backward", [=, this, kernel = set_.kernels->prelu_backward] {
      call(
          4, [&](const cpu::Operands& o) { kernel(storage_, o, memory_[3], memory_.weight_sums); },
          weight + 1);
    });
  }

  void add_rrelu(std::vector<Cell>& cells) const {
    const auto slopes = [this](int operand) {
      return cpu::RandomSlopes{{&memory_.state, capacity, memory_[operand]}, 0.125, 0.375};
    };
    add(cells, "rrelu", "value", [=, this, kernel = set_.kernels->rrelu] {
      call(3, [&](const cpu::Operands& o) { kernel(storage_, o, slopes(2)); });
    });
    add(cells, "rrelu", "backward", [=, this, kernel = set_.kernels->rrelu_backward] {
      call(4, [&](const cpu::Operands& o) { kernel(storage_, o, slopes(3)); });
    });
    add(cells, "rrelu", "value with slopes", [=, this, kernel = set_.kernels->rrelu_with_slopes] {
      call(4, [&](const cpu::Operands& o) { kernel(storage_, o, slopes(3)); }, -1, 1);
    });
    add(cells, "rrelu", "backward from slopes",
        [=, this, kernel = set_.kernels->rrelu_backward_from_slopes] {
          call(3, [&](const cpu::Operands& o) { kernel(storage_, o); }, -1, 2);
        });
  }

  void add_glu(std::vector<Cell>& cells) const {
    constexpr int sigmoid = Activations::index_of<formulas::Sigmoid>();
    add(cells, "glu", "value", [=, this, kernel = set_.kernels->gated->value] {
      call(3, [&](const cpu::Operands& o) { kernel(sigmoid, storage_, o, ParameterValues{}); });
    });
    add(cells, "glu", "backward", [=, this, kernel = set_.kernels->gated->backward] {
      call(5, [&](const cpu::Operands& o) { kernel(sigmoid, storage_, o, ParameterValues{}); });
    });
  }

  // Along rows of 256 elements, and of columns side by side.
  void add_softmax(std::vector<Cell>& cells) const {
    struct Member {
      const char* op;
      Normalization normalization;
      bool negate;
    };
    for (const Member& member : {Member{"softmax", Normalization::softmax, false},
                                 Member{"softmin", Normalization::softmax, true},
                                 Member{"log_softmax", Normalization::log_softmax, false}}) {
      for (const bool along : {true, false}) {
        const std::string where = along ? "" : " dim 0";
        add(cells, member.op, "value" + where, [=, this, kernel = set_.kernels->softmax->forward] {
          call_rows(along, 2, [&](const cpu::Rows& rows) {
            kernel(rows, member.normalization, member.negate, 0, rows.count());
          });
        });
        add(cells, member.op, "backward" + where,
            [=, this, kernel = set_.kernels->softmax->backward] {
              call_rows(along, 3, [&](const cpu::Rows& rows) {
                kernel(rows, member.normalization, member.negate, 0, rows.count());
              });
            });
      }
    }
  }

  void add(std::vector<Cell>& cells, const std::string& op, const std::string& order,
           std::function<void()> run) const {
    cells.push_back(
        {set_.name, op, order + (stream_ ? ", streamed" : ""), name_of(storage_), std::move(run)});
  }

  // `shared`: an operand that is one number for all elements. `wide`: one of the type that is
  // computed in.
  template <class Run>
  void call(int operands, Run run, int shared = -1, int wide = -1) const {
    char* data[most_operands];
    std::int64_t strides[2 * most_operands] = {};
    for (int k = 0; k < operands; ++k) {
      data[k] = memory_[k];
      strides[k] = element_bytes(storage_);
      if (k == wide && strides[k] == 2) strides[k] = 4;
      if (k == shared) strides[k] = 0;
    }
    run(cpu::Operands{data, strides, size_, 1, stream_});
  }

  template <class Run>
  void call_rows(bool along, int operands, Run run) const {
    const std::int64_t bytes = element_bytes(storage_);
    const std::int64_t row = size_ < 256 ? size_ : 256;
    const std::int64_t others = along ? size_ / row : row / 2;
    const std::int64_t stride = along ? row * bytes : bytes;
    cpu::Rows rows{{along ? row : size_ / others, 1, &others, {}}, stream_};
    for (int k = 0; k < operands; ++k) {
      rows.operands[k] = {memory_[k], storage_, along ? bytes : others * bytes, &stride};
    }
    run(rows);
  }

  const InstructionSet set_;
  const Storage storage_;
  const std::int64_t size_;
  const bool stream_;
  Memory& memory_;
};

}  // namespace act::instructions
