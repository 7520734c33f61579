// eˣ times a fixed power of two, in the fewest operations: for formulas that go through a sum 1 +
// eˣ, whose operands have to stay normal numbers while the result becomes subnormal.
#pragma once

#include <act/elementary/clamp.h>
#include <act/elementary/exp.h>

namespace act::elementary {

// 2ˢ, and the arguments for which eˣ·2ˢ is a normal number.
template <class T>
struct Bias;

template <>
struct Bias<float> {
  static constexpr int exponent = 64, bias = 127;
  static constexpr float factor = 0x1p64f, round = 0x1.8p23f;
  static constexpr float lowest =
      -110.0f;  // e⁻¹¹⁰ is less than half of the smallest float, times 110 too
  static constexpr float furthest = -131.0f;  // e⁻¹³¹·2⁶⁴ is the last normal number
  static constexpr float saturated = 40.0f;   // 1 + e⁻⁴⁰ is 1
  static constexpr float tiny = 0x1p-60f;     // 1 + x/2 is 1, and x·2⁻ˢ still a normal number
  static constexpr float inverse = 0x1.715476p+0f, ln2_high = 0x1.62ep-1f,
                         ln2_low = 0x1.0bfbe8p-15f;
};

template <>
struct Bias<double> {
  static constexpr int exponent = 512, bias = 1023;
  static constexpr double factor = 0x1p512, round = 0x1.8p52;
  static constexpr double lowest = -790.0;
  static constexpr double furthest = -1060.0;
  static constexpr double saturated = 60.0;
  static constexpr double tiny = 0x1p-500;
  static constexpr double inverse = 0x1.71547652b82fep+0, ln2_high = 0x1.62e42fefa38p-1,
                          ln2_low = 0x1.ef35793c7673p-45;
};

// x = r + n·ln 2 with power = 2^(n + sign·s).
template <class T>
struct Reduction {
  T r;
  T power;
};

// eˣ·2^(sign·s) = (1 + q)·power.
template <class T>
struct BiasedExponential {
  T q;
  T power;
};

// eˣ·2^(sign·s) = (1 + q + q_low)·power.
template <class T>
struct AccurateBiasedExponential {
  T q, q_low;
  T power;
};

ACT_HOST_DEVICE float low_bits_to_exponent(float z) {
  return from_bits(static_cast<std::int32_t>(static_cast<std::uint32_t>(to_bits(z)) << 23));
}
ACT_HOST_DEVICE double low_bits_to_exponent(double z) {
  return from_bits(static_cast<std::int64_t>(static_cast<std::uint64_t>(to_bits(z)) << 52));
}

// The number that rounds x/ln 2 to an integer, `magic`, carries the exponent's bias and s, so that
// its lowest bits are the exponent of `power` as they stand.
template <class T>
ACT_HOST_DEVICE Reduction<T> reduced_with(T x, T magic) {
  using B = Bias<T>;
  const T z = fma(x, B::inverse, magic);
  const T n = z - magic;
  return {fma(-n, B::ln2_low, fma(-n, B::ln2_high, x)), low_bits_to_exponent(z)};
}

template <int sign, class T>
ACT_HOST_DEVICE Reduction<T> reduced_biased(T x) {
  using B = Bias<T>;
  return reduced_with(x, B::round + T(B::bias + sign * B::exponent));
}

template <class T>
ACT_HOST_DEVICE BiasedExponential<T> exponential_of(Reduction<T> x) {
  return {fma(x.r * x.r, exponential::polynomial(x.r), x.r), x.power};
}

template <int sign, class T>
ACT_HOST_DEVICE BiasedExponential<T> exp_biased(T x) {
  return exponential_of(reduced_biased<sign>(x));
}

// e^(x + low), low being a small correction.
template <int sign, class T>
ACT_HOST_DEVICE BiasedExponential<T> exp_biased(T x, T low) {
  Reduction<T> reduction = reduced_biased<sign>(x);
  reduction.r += low;
  return exponential_of(reduction);
}

// x, between lowest and saturated.
template <class T>
ACT_HOST_DEVICE T bounded(T x) {
  return at_most(Bias<T>::saturated, at_least(Bias<T>::lowest, x));
}

}  // namespace act::elementary
