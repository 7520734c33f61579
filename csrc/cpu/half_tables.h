// Tables of what a formula gives at all numbers of a half type (table_loops.h), made when so many
// elements have been computed that they would have been worth it.
#pragma once

#include <act/gradient.h>
#include <act/storage.h>

#include <memory>

#include "../pointwise_ops.h"

namespace act::cpu {

// Null where the op on so many elements does without one. Of each formula, order and half type one
// is kept, of the parameters last asked for: 128 KiB of values, 256 of derivatives.
std::shared_ptr<const void> half_table(const BoundFormula& formula, Pointwise order, Saved saved,
                                       Storage storage, std::int64_t size);

}  // namespace act::cpu
