// The loops of every activation as pointers, for the kernels that compute an activation and
// something else beside it: they call them for a block at a time, so that no formula is compiled
// once more for their sake.
#pragma once

#include <act/gradient.h>

#include "blocks.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

// The loops of one formula; those from the output are null where only the input gives the
// derivative.
template <class T>
struct LoopsOf {
  DenseLoop<T> value;
  DenseLoop<T> backward[2];
  DenseLoop<T> double_backward[2];

  DenseLoop<T> get(Pointwise order, Saved saved) const {
    const int from = saved == Saved::output ? 1 : 0;
    if (order == Pointwise::value) return value;
    return order == Pointwise::backward ? backward[from] : double_backward[from];
  }
};

// `formula` counts in act::Activations. Defined in pointwise_loops.h, for float and double.
template <class T>
const LoopsOf<T>& activation_loops(int formula);

}  // namespace act::cpu::ACT_INSTRUCTION_SET
