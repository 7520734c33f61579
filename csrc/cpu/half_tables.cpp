#include "half_tables.h"

#include <act/activations.h>

#include <bit>

#include "kept_table.h"
#include "kernels.h"

namespace act::cpu {
namespace {

// Never destroyed: another thread may compute while the process ends.
KeptTable& table_of(int formula, Pointwise order, Storage storage) {
  using Tables = std::array<std::array<std::array<KeptTable, 2>, 2>, Activations::size>;
  static Tables& tables = *new Tables;
  return tables[static_cast<std::size_t>(formula)][order == Pointwise::value ? 0 : 1]
               [storage == Storage::bfloat16 ? 0 : 1];
}

// A formula of a few operations takes less time than looking its result up, and so does a
// derivative from the output.
bool is_tabulated(int formula, Pointwise order, Saved saved, Storage storage) {
  const Declaration& declaration = declaration_of(formula);
  if (!is_half(storage)) return false;
  if (declaration.limited_by_memory || declaration.flat_blocks_gradient) return false;
  if (order == Pointwise::value) return true;
  return order == Pointwise::backward && saved == Saved::input && !declaration.short_derivative;
}

}  // namespace

std::shared_ptr<const void> half_table(const BoundFormula& formula, Pointwise order, Saved saved,
                                       Storage storage, std::int64_t size) {
  if (size < KeptTable::smallest_call || !is_tabulated(formula.index, order, saved, storage)) {
    return nullptr;
  }
  const ParameterBits parameters{std::bit_cast<std::uint64_t>(formula.values.first),
                                 std::bit_cast<std::uint64_t>(formula.values.second)};
  const std::size_t bytes = half_numbers * (order == Pointwise::value ? 2 : sizeof(float));
  return table_of(formula.index, order, storage).find(parameters, size, bytes, [&](void* table) {
    kernels().tabulate(formula.index, order, storage, table, formula.values);
  });
}

}  // namespace act::cpu
