#include "half_tables.h"

#include <act/activations.h>

#include <array>
#include <bit>
#include <cstddef>
#include <mutex>

#include "kernels.h"

namespace act::cpu {
namespace {

// Below, a call leaves the tables alone, which are shared and locked.
constexpr std::int64_t smallest = 4096;

// Computing the table takes as long as computing so many elements.
constexpr std::int64_t worth_a_table = 2 * half_numbers;

struct Slot {
  std::mutex mutex;
  ParameterValues parameters;
  std::int64_t computed = 0;
  std::shared_ptr<const void> table;
};

// By their bits: of two zeros, 1/x differs, and NaN is not itself.
bool are_same(const ParameterValues& a, const ParameterValues& b) {
  const auto same = [](double x, double y) {
    return std::bit_cast<std::uint64_t>(x) == std::bit_cast<std::uint64_t>(y);
  };
  return same(a.first, b.first) && same(a.second, b.second);
}

// Never destroyed: another thread may compute while the process ends.
Slot& slot_of(int formula, Pointwise order, Storage storage) {
  using Slots = std::array<std::array<std::array<Slot, 2>, 2>, Activations::size>;
  static Slots& slots = *new Slots;
  return slots[static_cast<std::size_t>(formula)][order == Pointwise::value ? 0 : 1]
              [storage == Storage::bfloat16 ? 0 : 1];
}

// A formula of a few operations takes less time than looking its result up, and so does a
// derivative from the output.
bool is_tabulated(int formula, Pointwise order, Saved saved, Storage storage) {
  const Declaration& declaration = declaration_of(formula);
  if (storage != Storage::bfloat16 && storage != Storage::float16) return false;
  if (declaration.limited_by_memory || declaration.flat_blocks_gradient) return false;
  if (order == Pointwise::value) return true;
  return order == Pointwise::backward && saved == Saved::input && !declaration.short_derivative;
}

}  // namespace

std::shared_ptr<const void> half_table(const BoundFormula& formula, Pointwise order, Saved saved,
                                       Storage storage, std::int64_t size) {
  if (size < smallest || !is_tabulated(formula.index, order, saved, storage)) {
    return nullptr;
  }
  Slot& slot = slot_of(formula.index, order, storage);
  const std::lock_guard lock(slot.mutex);
  if (!are_same(slot.parameters, formula.values)) {
    slot.parameters = formula.values;
    slot.computed = 0;
    slot.table = nullptr;
  }
  if (slot.table == nullptr && (slot.computed += size) >= worth_a_table) {
    const std::size_t bytes = half_numbers * (order == Pointwise::value ? 2 : sizeof(float));
    const std::shared_ptr<std::byte[]> table(new std::byte[bytes]);
    kernels().tabulate(formula.index, order, storage, table.get(), formula.values);
    slot.table = table;
  }
  return slot.table;
}

}  // namespace act::cpu
