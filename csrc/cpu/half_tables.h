// The tables of the formulas whose parameters are numbers (kept_table.h).
#pragma once

#include <act/gradient.h>
#include <act/storage.h>

#include <memory>

#include "../pointwise_ops.h"

namespace act::cpu {

// Null where the op on so many elements does without one. Of each formula, order and half type one
// is kept: 128 KiB of values, 256 of derivatives.
std::shared_ptr<const void> half_table(const BoundFormula& formula, Pointwise order, Saved saved,
                                       Storage storage, std::int64_t size);

}  // namespace act::cpu
