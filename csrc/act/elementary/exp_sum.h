// e^(-x) for arguments that are products, with their rounding errors: that of t², say, which is
// half a unit of a number in the hundreds, changes e^(-t²/2) by dozens of units.
#pragma once

#include <act/elementary/clamp.h>
#include <act/elementary/exp.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// e^(-factor·(x.high + x.low)) = (1 + q)·power·lowering for exponents from 0 to 130 (float) or 1060
// (double) and a power of two as the factor. `power` is so much too large that it and its
// products are normal numbers. The multiplication with `lowering` is the one that rounds where the
// result is subnormal; as part of an fma, it is exact.
template <class T>
struct Decay {
  static constexpr T lift = sizeof(T) == sizeof(float) ? T(0x1p+64) : T(0x1p+512);
  static constexpr T lowering = T(1) / lift;
  T q, power;
  T linear, bend;  // q = linear + bend, rounded
  T q_low;         // what q lost of the argument's two parts, for `times_accurately`

  // As in exp.h, in units of 1/factor. The sum that is rounded to n also brings the biased exponent
  // of the power into the lowest bits of its mantissa.
  ACT_HOST_DEVICE explicit Decay(Pair<T> x, T factor) {
    constexpr bool single = sizeof(T) == sizeof(float);
    constexpr T round = single ? T(0x1.8p23 + 127 + 64) : T(0x1.8p52 + 1023 + 512);
    constexpr T inverse = single ? T(0x1.715476p+0f) : T(0x1.71547652b82fep+0);
    constexpr T ln2_high = single ? T(0x1.62ep-1f) : T(0x1.62e42fefa38p-1);
    constexpr T ln2_low = single ? T(0x1.0bfbe8p-15f) : T(0x1.ef35793c7673p-45);
    const T biased = fma(x.high, -(factor * inverse), round);
    const T n = biased - round;
    const T high = fma(n, ln2_high / factor, x.high);
    const T tail = fma(n, ln2_low / factor, x.low);
    const T reduced = high + tail, r = -factor * reduced;
    const T rise = exponential::polynomial(r);
    linear = -factor * high;
    bend = fma(r * r, rise, -factor * tail);
    q = fma(r * r, rise, r);
    q_low = fma(r * r, rise, r - q) - factor * ((high - reduced) + tail);
    power = exponent_from(biased);
  }

  // From its numbers, where q_low is not needed.
  ACT_HOST_DEVICE Decay(T q, T power, T linear, T bend)
      : q(q), power(power), linear(linear), bend(bend), q_low(T(0)) {}

  // (a.high + a.low)·e^(-x)·lift. The low part need not be small: it is all rounded where it is
  // added to the high one.
  ACT_HOST_DEVICE T times(Pair<T> a) const {
    return (a.high + fma(a.high, q, fma(a.low, q, a.low))) * power;
  }

  // The same, where q is not rounded before it meets a.high.
  ACT_HOST_DEVICE T times_unrounded(Pair<T> a) const {
    const T rest = fma(a.high, bend, fma(a.low, q, a.low));
    return (a.high + fma(a.high, linear, rest)) * power;
  }

  // The same within little more than the rounding of the result.
  ACT_HOST_DEVICE T times_accurately(Pair<T> a) const {
    const Pair<T> rest = product(a.high, q), sum = ordered_sum(a.high, rest.high);
    const T low = fma(a.low, q, fma(a.high, q_low, a.low)) + (sum.low + rest.low);
    return (sum.high + low) * power;
  }

 private:
  ACT_HOST_DEVICE static float exponent_from(float k) {
    return from_bits(std::int32_t(std::uint32_t(to_bits(k)) << 23));
  }
  ACT_HOST_DEVICE static double exponent_from(double k) {
    return from_bits(std::int64_t(std::uint64_t(to_bits(k)) << 52));
  }
};

}  // namespace act::elementary
