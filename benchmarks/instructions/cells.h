// Every kernel of every instruction set that this machine runs, each on a few dense elements in the
// L1 cache: what main.cpp counts the instructions of.
#pragma once

#include <act/activations.h>
#include <act/parametric_activations.h>
#include <cpu/bias_act.h>
#include <cpu/gated.h>
#include <cpu/kernels.h>
#include <cpu/masked_softmax.h>
#include <cpu/parametric.h>
#include <cpu/softmax.h>

#include <functional>
#include <string>
#include <vector>

#include "memory.h"

namespace act::instructions {

struct InstructionSet {
  const char* name;
  const cpu::Kernels* kernels;
  const cpu::ParametricLoops* parametric;
};

// Under valgrind, which knows no AVX-512, the processor says that it has none.
inline std::vector<InstructionSet> instruction_sets() {
  std::vector<InstructionSet> sets{
      {"baseline", &cpu::baseline::kernels, &cpu::baseline::parametric_loops}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    sets.push_back({"avx2", &cpu::avx2::kernels, &cpu::avx2::parametric_loops});
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    sets.push_back({"avx512", &cpu::avx512::kernels, &cpu::avx512::parametric_loops});
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
    filled_ = memory;
  }

  // To what it was before any cell ran: softmax takes another way for other numbers.
  void restore_memory() const { memory_ = filled_; }

  void add_all(std::vector<Cell>& cells) const {
    add_pointwise(cells, Activations{});
    add_parametric(cells, ParametricActivations{});
    add_prelu(cells);
    add_rrelu(cells);
    add_gated(cells);
    add_bias_act(cells);
    add_softmax(cells);
    add_masked_softmax(cells);
  }

  template <template <class> class... Formula>
  void add_pointwise(std::vector<Cell>& cells, FormulaList<Formula...>) const {
    int index = 0;
    (add_formula<Formula>(cells, index++), ...);
  }

  template <template <class> class... Formula>
  void add_parametric(std::vector<Cell>& cells, FormulaList<Formula...>) const {
    int index = 0;
    (add_parametric_formula<Formula>(cells, index++), ...);
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

  // With one value of each parameter for all elements.
  template <template <class> class Formula>
  void add_parametric_formula(std::vector<Cell>& cells, int formula) const {
    const Declaration& declaration = Formula<float>::declaration;
    const ParameterValues scalars = default_parameters(declaration);
    constexpr int tensors = tensor_count<Formula>;
    add(cells, declaration.name, "value", [=, this, kernel = set_.parametric->value] {
      call(2 + tensors, [&](const cpu::Operands& o) { kernel(formula, storage_, o, scalars); }, 2);
    });
    add(cells, declaration.name, "backward", [=, this, kernel = set_.parametric->backward] {
      const auto run = [&](const cpu::Operands& o) {
        cpu::ParameterSums sums[tensors];
        for (int k = 0; k < tensors; ++k) sums[k] = {memory_[3 + k], memory_.weight_sums + k};
        kernel(formula, storage_, o, scalars, sums);
      };
      call(3 + tensors, run, 3);
    });
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
      call(4, [&](const cpu::Operands& o) { kernel(storage_, o, slopes(3)); }, most_operands, 1);
    });
    add(cells, "rrelu", "backward from slopes",
        [=, this, kernel = set_.kernels->rrelu_backward_from_slopes] {
          call(3, [&](const cpu::Operands& o) { kernel(storage_, o); }, most_operands, 2);
        });
  }

  // The gates that have names; of any other formula the loops are the same template.
  void add_gated(std::vector<Cell>& cells) const {
    add_gate(cells, "glu", Activations::index_of<formulas::Sigmoid>());
    add_gate(cells, "swiglu", Activations::index_of<formulas::Silu>());
    add_gate(cells, "geglu", Activations::index_of<formulas::Gelu>());
    add_gate(cells, "reglu", Activations::index_of<formulas::Relu>());
  }

  void add_gate(std::vector<Cell>& cells, const char* op, int formula) const {
    add(cells, op, "value", [=, this, kernel = set_.kernels->gated->value] {
      call(3, [&](const cpu::Operands& o) { kernel(formula, storage_, o, ParameterValues{}); });
    });
    add(cells, op, "backward", [=, this, kernel = set_.kernels->gated->backward] {
      call(5, [&](const cpu::Operands& o) { kernel(formula, storage_, o, ParameterValues{}); });
    });
  }

  // With one bias for all elements, as a channel of contiguous images has.
  void add_bias_act(std::vector<Cell>& cells) const {
    const int silu = Activations::index_of<formulas::Silu>();
    const int relu = Activations::index_of<formulas::Relu>();
    add(cells, "bias_act-silu", "value", [=, this, kernel = set_.kernels->bias_act->value] {
      call(3, [&](const cpu::Operands& o) { kernel(silu, storage_, o, ParameterValues{}); }, 2);
    });
    const auto add_backward = [&](const char* op, const char* order, int formula, Saved saved) {
      add(cells, op, order, [=, this, kernel = set_.kernels->bias_act->backward] {
        const auto run = [&](const cpu::Operands& o) {
          kernel(formula, saved, storage_, o, ParameterValues{}, memory_[3], memory_.weight_sums);
        };
        call(4, run, 3);
      });
    };
    add_backward("bias_act-silu", "backward", silu, Saved::input);
    add_backward("bias_act-relu", "backward from output", relu, Saved::output);
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

  // With a mask and a temperature. The bytes of any numbers are a mask.
  void add_masked_softmax(std::vector<Cell>& cells) const {
    constexpr Logits logits{
        .temperature = 0.7, .negate = false, .has_mask = true, .empty_is_nan = false};
    for (const bool along : {true, false}) {
      const std::string where = along ? "" : " dim 0";
      add(cells, "masked_softmax", "value" + where,
          [=, this, kernel = set_.kernels->masked_softmax->forward] {
            const auto run = [&](const cpu::Rows& rows) {
              kernel(rows, Normalization::softmax, logits, 0, rows.count());
            };
            call_rows(along, 3, run, 2);
          });
      add(cells, "masked_softmax", "backward" + where,
          [=, this, kernel = set_.kernels->masked_softmax->backward] {
            call_rows(along, 3, [&](const cpu::Rows& rows) {
              kernel(rows, Normalization::softmax, logits, 0, rows.count());
            });
          });
    }
  }

  void add(std::vector<Cell>& cells, const std::string& op, const std::string& order,
           std::function<void()> run) const {
    cells.push_back(
        {set_.name, op, order + (stream_ ? ", streamed" : ""), name_of(storage_), std::move(run)});
  }

  // `first_shared`: the operands from this one on are one number for all elements. `wide`: one of
  // the type that is computed in.
  template <class Run>
  void call(int operands, Run run, int first_shared = most_operands, int wide = -1) const {
    char* data[most_operands];
    std::int64_t strides[2 * most_operands] = {};
    for (int k = 0; k < operands; ++k) {
      data[k] = memory_[k];
      strides[k] = element_bytes(storage_);
      if (k == wide && strides[k] == 2) strides[k] = 4;
      if (k >= first_shared) strides[k] = 0;
    }
    run(cpu::Operands{data, strides, size_, 1, stream_});
  }

  // `mask`: the operand whose elements are bytes.
  template <class Run>
  void call_rows(bool along, int operands, Run run, int mask = -1) const {
    const std::int64_t row = size_ < 256 ? size_ : 256;
    const std::int64_t others = along ? size_ / row : row / 2;
    std::int64_t strides[most_operands];
    cpu::Rows rows{{along ? row : size_ / others, 1, &others, {}}, stream_};
    for (int k = 0; k < operands; ++k) {
      const std::int64_t bytes = k == mask ? 1 : element_bytes(storage_);
      strides[k] = along ? row * bytes : bytes;
      rows.operands[k] = {memory_[k], storage_, along ? bytes : others * bytes, &strides[k]};
    }
    run(rows);
  }

  const InstructionSet set_;
  const Storage storage_;
  const std::int64_t size_;
  const bool stream_;
  Memory& memory_;
  Memory filled_;
};

}  // namespace act::instructions
