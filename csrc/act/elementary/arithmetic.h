// The few primitives that every formula is written with, for the host and the device alike.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#define ACT_HOST_DEVICE __host__ __device__ __forceinline__
#else
// Inlined always: the same template compiled for several instruction sets must leave no shared
// symbol behind, or the linker would keep one of them for all.
#define ACT_HOST_DEVICE [[gnu::always_inline]] inline
#endif

// The same for a lambda, behind its parameters.
#define ACT_INLINE_LAMBDA __attribute__((always_inline))

namespace act::elementary {

// a·b + c with one rounding. Contraction is switched off everywhere (-ffp-contract=off,
// -fmad=false), so that a fused operation happens exactly where it is written and CPU and GPU round
// alike.
ACT_HOST_DEVICE float fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
ACT_HOST_DEVICE double fma(double a, double b, double c) { return __builtin_fma(a, b, c); }

ACT_HOST_DEVICE float abs(float x) { return __builtin_fabsf(x); }
ACT_HOST_DEVICE double abs(double x) { return __builtin_fabs(x); }

ACT_HOST_DEVICE float copysign(float magnitude, float sign) {
  return __builtin_copysignf(magnitude, sign);
}
ACT_HOST_DEVICE double copysign(double magnitude, double sign) {
  return __builtin_copysign(magnitude, sign);
}

ACT_HOST_DEVICE std::int32_t to_bits(float x) { return __builtin_bit_cast(std::int32_t, x); }
ACT_HOST_DEVICE std::int64_t to_bits(double x) { return __builtin_bit_cast(std::int64_t, x); }
ACT_HOST_DEVICE float from_bits(std::int32_t bits) { return __builtin_bit_cast(float, bits); }
ACT_HOST_DEVICE double from_bits(std::int64_t bits) { return __builtin_bit_cast(double, bits); }

// A select, not a branch: both values are computed, so that the loops around it vectorise.
template <class T>
ACT_HOST_DEVICE T select(bool condition, T if_true, T if_false) {
  return condition ? if_true : if_false;
}

template <class T>
ACT_HOST_DEVICE bool is_nan(T x) {
  return x != x;
}

template <class T>
ACT_HOST_DEVICE bool signbit(T x) {
  return to_bits(x) < 0;
}

}  // namespace act::elementary
