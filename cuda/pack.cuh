// Adjacent elements that are loaded and stored at once: a vector of 16 bytes, or one element where
// there is none.
#pragma once

#include <act/storage.h>

#include "elementwise.cuh"

namespace act::cuda {

template <class Stored, int width>
struct alignas(width * sizeof(Stored)) Pack {
  Stored element[width];

  __device__ static Pack load(const void* from) { return *static_cast<const Pack*>(from); }
  __device__ void store(void* to) const { *static_cast<Pack*>(to) = *this; }
};

inline bool begins_pack(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address) % vector_bytes == 0;
}

// Whether the innermost dimension consists of whole vectors in every operand.
template <class Stored>
bool consists_of_packs(const Operands& o) {
  if (o.dims == 0 || o.sizes[0] % lanes<Stored> != 0) return false;
  for (int k = 0; k < o.count; ++k) {
    if (o.strides[0][k] != sizeof(Stored) || !begins_pack(o.data[k])) return false;
    for (int d = 1; d < o.dims; ++d) {
      if (o.strides[d][k] % vector_bytes != 0) return false;
    }
  }
  return true;
}

// The same memory, counted in vectors.
template <class Stored>
Operands in_packs(Operands o) {
  o.sizes[0] /= lanes<Stored>;
  for (int k = 0; k < o.count; ++k) o.strides[0][k] = vector_bytes;
  return o;
}

}  // namespace act::cuda
