// factor·eˣ where x has one sign: only one end of the exponent's range is near, so that one power
// of two suffices, chosen by the factor when the formula is constructed.
#pragma once

#include <act/elementary/exp_biased.h>
#include <act/elementary/limits.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// floor(log2 |x|); at 0 and for subnormal numbers -1023.
ACT_HOST_DEVICE int exponent_of(double x) {
  return static_cast<int>((to_bits(x) >> 52) & 0x7ff) - 1023;
}

// 2ᵏ, a normal number.
ACT_HOST_DEVICE double exact_power(int k) {
  return from_bits(static_cast<std::int64_t>(k + 1023) << 52);
}

// x, moved to the nearest finite number.
template <class T>
ACT_HOST_DEVICE T finite(double x) {
  constexpr double most = largest<T>();
  return T(x > most ? most : (x < -most ? -most : x));
}

// 1/x = high + low.
template <class T>
ACT_HOST_DEVICE Pair<T> parameter_reciprocal(T x) {
  const double inverse = 1.0 / double(x);
  const T high = T(inverse);
  const double low = fma(-double(high), double(x), 1.0) * inverse;
  return {high, abs(low) < double(abs(high)) ? T(low) : T(0)};
}

// factor·e^(x + low) for x <= 0, or, growing, for x >= 0. Beyond `end` the result is `limit`, and
// what the parts say there is meaningless. 2ˢ·eˣ and the factor·2⁻ˢ are normal numbers wherever
// their product is not 0 or infinite, for factors between 2^-100 and 2^100 (float), 2^±900
// (double): the product is rounded once, also where it is subnormal.
template <class T>
struct ExpWithFactor {
  ACT_HOST_DEVICE ExpWithFactor(T value, bool growing) {
    using B = Bias<T>;
    constexpr int digits = sizeof(T) == sizeof(float) ? 25 : 54;
    const int a = exponent_of(double(value)), most = B::bias - 1;
    int s = growing ? a - 2 : a + B::exponent;
    s = s > most ? most : (s < -most ? -most : s);
    int n = growing ? B::bias + 2 - a : -B::bias - digits - a;
    n = n > B::bias - s ? B::bias - s : (n < -most - s ? -most - s : n);
    shift = s;
    magic = B::round + T(B::bias + s);
    factor = T(double(value) * exact_power(-s));
    end = n * 0.693147180559945309;
    limit = copysign(growing ? infinity<T>() : T(0), value);
  }

  // 2ˢ·eˣ.
  ACT_HOST_DEVICE BiasedExponential<T> parts(T x) const { return exponential_of(reduced(x)); }

  // 2ˢ·e^(x + low): r + low is not rounded where it enters q as it stands.
  ACT_HOST_DEVICE BiasedExponential<T> parts(T x, T low) const {
    const Reduction<T> reduction = reduced(x);
    const T r = reduction.r + low;
    return {reduction.r + fma(r * r, exponential::polynomial(r), low), reduction.power};
  }

  ACT_HOST_DEVICE T times(BiasedExponential<T> e) const {
    return fma(e.power, e.q, e.power) * factor;
  }

  // The parts with what q lost where r and the rest were added: for differences such as eˣ - 1.
  ACT_HOST_DEVICE AccurateBiasedExponential<T> accurate_parts(T x) const {
    const Reduction<T> reduction = reduced(x);
    const T r = reduction.r;
    return with_rest(reduction, r * r * exponential::accurate_polynomial(r));
  }
  // What r + low loses counts eʳ-fold, and that is 1 + r as far as it matters.
  ACT_HOST_DEVICE AccurateBiasedExponential<T> accurate_parts(T x, T low) const {
    const Reduction<T> reduction = reduced(x);
    const T r = reduction.r + low;
    const T lost = low - (r - reduction.r);
    return with_rest(reduction, fma(r * r, exponential::accurate_polynomial(r), fma(lost, r, low)));
  }

 private:
  ACT_HOST_DEVICE static AccurateBiasedExponential<T> with_rest(Reduction<T> x, T rest) {
    const Pair<T> q = ordered_sum(x.r, rest);
    return {q.high, q.low, x.power};
  }

  ACT_HOST_DEVICE Reduction<T> reduced(T x) const {
    using B = Bias<T>;
    const T z = fma(x, B::inverse, magic);
    const T n = z - magic;
    return {fma(-n, B::ln2_low, fma(-n, B::ln2_high, x)), low_bits_to_exponent(z)};
  }

 public:
  int shift;
  T magic, factor, limit;
  double end;
};

}  // namespace act::elementary
