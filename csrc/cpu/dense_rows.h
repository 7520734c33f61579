// Loops over half types as they are stored, where all operands lie densely in memory.
#pragma once

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// out and inputs may be the same memory.
template <class Stored>
using HalfLoop = void (*)(Stored* out, const Stored* const* inputs, std::int64_t size,
                          const ParameterValues& parameters, bool stream);

template <class Stored, int operands>
bool are_rows_dense(const Operands& o) {
  for (int k = 0; k < operands; ++k) {
    if (o.strides[k] != static_cast<std::int64_t>(sizeof(Stored))) return false;
  }
  return true;
}

// loop(out, inputs, size) for each row.
template <class Stored, int inputs, class Loop>
void for_each_dense_row(const Operands& o, Loop loop) {
  constexpr int operands = inputs + 1;
  for (std::int64_t row = 0; row < o.rows; ++row) {
    const auto place = [&](int k) { return o.data[k] + row * o.strides[operands + k]; };
    const Stored* in[inputs];
    for (int k = 0; k < inputs; ++k) in[k] = reinterpret_cast<const Stored*>(place(k + 1));
    loop(reinterpret_cast<Stored*>(place(0)), in, o.columns);
  }
  if (o.stream) finish_streaming();
}

}  // namespace act::cpu::ACT_INSTRUCTION_SET
