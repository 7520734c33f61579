// Philox states and the elements' places, as the kernels that draw take them.
#pragma once

#include <ATen/ops/from_blob.h>

#include "kernels.h"

namespace act::cpu {

// An operand that is never read: TensorIterator's address arithmetic on it yields each element's
// place in row-major order, through any reordering and coalescing of the dimensions. Its address is
// an arbitrary one.
inline at::Tensor places_of(const at::Tensor& self) {
  alignas(64) static char origin[64];
  return at::from_blob(origin, self.sizes(), self.options());
}

inline RandomStates random_states(const at::Tensor& contiguous_states, const at::Tensor& places) {
  static_assert(sizeof(elementary::PhiloxState) == 2 * sizeof(int64_t));
  const int64_t states = contiguous_states.numel() / 2;
  return {static_cast<const elementary::PhiloxState*>(contiguous_states.const_data_ptr()),
          states == 0 ? 0 : places.numel() / states,
          static_cast<const char*>(places.const_data_ptr())};
}

}  // namespace act::cpu
