// The instructions that each kernel takes. Without torch: a second under valgrind, not a minute.
//
//   valgrind --tool=callgrind --collect-atstart=no instructions count
//       for each cell a dump, named after it, of the instructions of one call on 4096 elements
//   instructions step
//       for each cell its name, then a line for each address that a call on a few elements
//       executed, and how often; any instruction set that the processor has
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define ACT_COUNTS 1
#endif

#include <cstring>

#include "cells.h"
#include "step.h"

namespace act::instructions {
namespace {

Memory memory;

constexpr Storage dtypes[] = {Storage::float32, Storage::float64, Storage::bfloat16,
                              Storage::float16};

std::string name(const Cell& cell) {
  return std::string(cell.instruction_set) + "/" + cell.op + "/" + cell.order + "/" + cell.dtype;
}

#if defined(ACT_COUNTS)
void count() {
  for (const InstructionSet& set : instruction_sets()) {
    for (const Storage dtype : dtypes) {
      std::vector<Cell> cells;
      const Cells of_set(set, dtype, capacity, /*stream=*/false, memory);
      of_set.add_all(cells);
      for (const Cell& cell : cells) {
        const std::string named = name(cell);
        of_set.restore_memory();
        CALLGRIND_ZERO_STATS;
        CALLGRIND_TOGGLE_COLLECT;
        cell.run();
        CALLGRIND_TOGGLE_COLLECT;
        CALLGRIND_DUMP_STATS_AT(named.c_str());
      }
    }
  }
}
#else
void count() { std::fprintf(stderr, "built without valgrind's headers\n"); }
#endif

bool counts_bits(const Cell& cell) { return cell.order.find("bits") != std::string::npos; }

template <class Chosen>
void step(const InstructionSet& set, Storage dtype, std::int64_t size, bool stream, Chosen chosen) {
  std::vector<Cell> cells;
  const Cells of_set(set, dtype, size, stream, memory);
  if (element_bytes(dtype) > 2) {
    of_set.add_all(cells);
  } else {
    of_set.add_pointwise(cells, FormulaList<formulas::Relu>{});
  }
  for (const Cell& cell : cells) {
    if (!chosen(cell)) continue;
    of_set.restore_memory();
    std::printf("%s\n", name(cell).c_str());
    for (const auto& [address, times] : count_steps(cell.run)) {
      std::printf("%lx %ld\n", static_cast<unsigned long>(address), times);
    }
  }
}

// Eight iterations of every vector loop at least, and no element beside them. The half types differ
// from float32 in their conversions alone, which one formula shows; a step takes 10 µs. Not the
// baseline: it calls the C library for each fused multiply-add.
void step() {
  for (const InstructionSet& set : instruction_sets()) {
    if (std::strcmp(set.name, "baseline") == 0) continue;
    const std::int64_t lanes = std::strcmp(set.name, "avx512") == 0 ? 16 : 8;
    for (const Storage dtype : dtypes) {
      // Loops of half types take two vectors at once.
      const bool half = dtype == Storage::bfloat16 || dtype == Storage::float16;
      step(set, dtype, (half ? 16 : 8) * lanes, /*stream=*/false, std::not_fn(counts_bits));
      step(set, dtype, 32 * lanes, /*stream=*/false, counts_bits);  // of bytes
    }
    // By lines of 16 elements. Double backward never streams.
    step(set, Storage::float32, 8 * 16, /*stream=*/true,
         [](const Cell& cell) { return !counts_bits(cell) && !cell.order.starts_with("double"); });
  }
}

}  // namespace
}  // namespace act::instructions

int main(int count, char** arguments) {
  if (count == 2 && std::strcmp(arguments[1], "count") == 0) {
    act::instructions::count();
  } else if (count == 2 && std::strcmp(arguments[1], "step") == 0) {
    act::instructions::step();
  } else {
    std::fprintf(stderr, "count or step?\n");
    return 1;
  }
}
