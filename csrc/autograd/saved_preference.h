// What an op saves for its backward where its input and its output would both do. The input gives
// the gradient to the last digit; the output, rounded as it is, loses it in saturation, but spares
// reading the exponential again. Where the derivative is one of two slopes, two bits do. A formula
// names its default; a user can ask for another one.
#pragma once

#include <act/declaration.h>

#include <optional>

namespace act::autograd {

// Of this thread. Without a value each formula's own default holds.
[[gnu::visibility("default")]] std::optional<Saved>& saved_preference();

}  // namespace act::autograd
