// Which threads compute which rows: chosen on the host, before the launch.
//
// A row belongs to a team of threads, a power of two of them. Where it fits, its elements stay in
// their registers and are read once; longer rows are read twice. A block is columns × lanes ×
// groups: neighbouring threads are the columns, teams of neighbouring rows, for rows whose
// neighbours are nearer in memory than their own next elements; elsewhere there is one column, and
// neighbouring threads are the lanes of one team.
#pragma once

#include <act/rows.h>

namespace act::cuda {

inline constexpr int max_threads = 512;
inline constexpr int usual_threads = 128;
inline constexpr int max_groups = 64;  // the limit of a block's third dimension

// Elements of a row that a thread holds in registers: few where the row is short, so that more
// threads fit a multiprocessor.
constexpr int few_elements(bool is_double) { return is_double ? 4 : 8; }
constexpr int many_elements(bool is_double) { return is_double ? 16 : 32; }

enum class Extent { few, many, any };

struct RowPlan {
  Extent extent;
  int columns, lanes, groups;
  std::int64_t blocks;
  // Whether a thread's elements are `width` neighbours at a time, else lanes take turns; and
  // whether such neighbours are read and written 16 bytes at once.
  bool neighbours, vectors;
};

constexpr std::int64_t rounded_up_to_power_of_two(std::int64_t n) {
  std::int64_t power = 1;
  while (power < n) power *= 2;
  return power;
}

constexpr int rounded_down_to_power_of_two(int n) {
  int power = 1;
  while (power * 2 <= n) power *= 2;
  return power;
}

inline RowPlan plan_rows(const Rows& rows, int operands, int width) {
  constexpr int most_columns = 32, fewer_columns = 16, vector_bytes = 16;
  const bool is_double = rows.operands[0].storage == Storage::float64;
  const std::int64_t few = few_elements(is_double), many = many_elements(is_double);

  std::int64_t steps = 0, neighbours = 0;
  bool dense = true, aligned = true;
  for (int k = 0; k < operands; ++k) {
    const Rows::Operand& operand = rows.operands[k];
    dense &= operand.step == element_bytes(operand.storage);
    aligned &= reinterpret_cast<std::uintptr_t>(operand.data) % vector_bytes == 0;
    for (int d = 0; d < rows.dims; ++d) aligned &= operand.strides[d] % vector_bytes == 0;
    steps += operand.step;
    if (rows.dims > 0) neighbours += operand.strides[0];
  }
  const bool side_by_side = rows.dims > 0 && neighbours < steps;

  RowPlan plan{};
  plan.extent = rows.size <= 4 * few ? Extent::few : Extent::many;
  // From 4 lanes on, each access to a dense row takes whole sectors of 32 bytes.
  const std::int64_t lanes =
      plan.extent == Extent::few ? rounded_up_to_power_of_two((rows.size + few - 1) / few)
      : rows.size <= 4 * many    ? 4
                                 : rounded_up_to_power_of_two((rows.size + many - 1) / many);
  plan.columns = 1;
  if (side_by_side) {
    plan.columns = rows.sizes[0] < most_columns ? static_cast<int>(rows.sizes[0]) : most_columns;
    if (plan.columns > fewer_columns && lanes * plan.columns > max_threads &&
        lanes * fewer_columns <= max_threads) {
      plan.columns = fewer_columns;
    }
  } else if (lanes == 1) {
    plan.columns = usual_threads;
  }
  const int most_lanes = rounded_down_to_power_of_two(max_threads / plan.columns);
  if (lanes > most_lanes) plan.extent = Extent::any;
  plan.lanes = lanes > most_lanes ? most_lanes : static_cast<int>(lanes);
  plan.groups = usual_threads / (plan.columns * plan.lanes);
  plan.groups = plan.groups < 1 ? 1 : plan.groups > max_groups ? max_groups : plan.groups;
  const std::int64_t rows_of_block = std::int64_t{plan.columns} * plan.groups;
  plan.blocks = (rows.count() + rows_of_block - 1) / rows_of_block;
  // With a few columns, elements in turn are what makes neighbouring threads neighbours in memory.
  plan.neighbours = rows.size % width == 0 && !(side_by_side && plan.columns < fewer_columns);
  plan.vectors = plan.neighbours && dense && aligned;
  return plan;
}

}  // namespace act::cuda
