// gelu(x, approximate="tanh") = x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2 = x·σ(u) with u = x·(a +
// b·x²). Hendrycks, Gimpel: arXiv:1606.08415. Computed with σ(-|u|), so that there is no
// cancellation in either tail, as max(x, 0) - |x|·σ(-|u|).
#pragma once

#include <act/declaration.h>
#include <act/elementary/exp_sum.h>

namespace act::formulas {

template <class T>
struct GeluTanh {
  static constexpr Declaration declaration{
      .name = "gelu",
      .variant_argument = "approximate",
      .variant = "tanh",
  };

  ACT_HOST_DEVICE explicit GeluTanh(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const {
    const Tail tail(x);
    const Pair product = elementary::product(tail.t, tail.quotient);
    const T decayed = elementary::scale_down(product.high + product.low, tail.exponent);
    const T positive = x >= T(0) ? x : -T(0);  // -0 - 0 = -0 at -inf, and the zeros keep their sign
    return positive - decayed;
  }

  // σ(u) + x·u'·σ(u)·σ(-u): below 0 that is σ(-|u|)·(1 - t·u'·σ(|u|)), above 0 its complement.
  ACT_HOST_DEVICE T derivative(T x) const {
    const Tail tail(x);
    // 1 - t·u'·σ(|u|) = (denominator - t·u') / denominator
    const Pair difference = add(tail.denominator, elementary::product(-tail.t, tail.slope()));
    const T below = decayed(tail, difference);
    return x > T(0) ? T(1) - below : below;
  }

  // σ(u)·σ(-u)·(2·u' + t·u'' - t·u'²·(σ(|u|) - σ(-|u|))), where 2·u' + t·u'' = 4·u' - 2·a.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Tail tail(x);
    const Pair slope = tail.slope();
    const Pair difference = tail.divide({T(2) - tail.denominator.high, -tail.denominator.low});
    const Pair bent = elementary::product(elementary::product(-tail.t, slope),
                                          elementary::product(slope, difference));
    const Pair straight =
        add({T(4) * slope.high, T(4) * slope.low}, {T(-2) * a().high, T(-2) * a().low});
    const Pair curvature = add(straight, bent);
    return decayed(tail, curvature);
  }

 private:
  using Pair = elementary::Pair<T>;

  // a = 2·√(2/π), b = 0.044715·a and 3·b, to twice the precision.
  ACT_HOST_DEVICE static constexpr Pair a() {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {0x1.988454p+0f, -0x1.857936p-25f};
    } else {
      return {0x1.9884533d43651p+0, -0x1.cbc0d30ebfd15p-54};
    }
  }
  ACT_HOST_DEVICE static constexpr Pair b() {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {0x1.2444f2p-4f, 0x1.49b16ap-29f};
    } else {
      return {0x1.2444f2a4d8b4bp-4, -0x1.6c843a29d1c7p-61};
    }
  }
  ACT_HOST_DEVICE static constexpr Pair b3() {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {0x1.b6676cp-3f, -0x1.175e2p-32f};
    } else {
      return {0x1.b6676bf7450fp-3, 0x1.bba7351828aabp-57};
    }
  }

  ACT_HOST_DEVICE static Pair add(Pair a, Pair b) {
    const Pair sum = elementary::any_sum(a.high, b.high);
    return {sum.high, sum.low + (a.low + b.low)};
  }

  // σ(-|u|) = quotient·2^exponent, where 1 + e^(-|u|) is the denominator.
  struct Tail {
    T t;  // |x|, at most what matters: everything that decays with e^(-|u|) has underflown there
    Pair square;
    Pair denominator;
    T inverse;
    Pair quotient;
    T exponent;

    ACT_HOST_DEVICE explicit Tail(T x) {
      constexpr T end = sizeof(T) == sizeof(float) ? T(11.5) : T(22);
      const T absolute = elementary::abs(x);
      t = absolute > end ? end : absolute;
      square = elementary::product(t, t);
      const Pair u = elementary::product(t, add(elementary::product(b(), square), a()));
      const elementary::Exponential<T> e = elementary::exp_parts(Pair{-u.high, -u.low});
      exponent = e.n;

      // Below the bound, e^(-|u|) does not change 1 + e^(-|u|).
      constexpr T bound = sizeof(T) == sizeof(float) ? T(-100) : T(-1000);
      const T power = elementary::power_of_two(e.n < bound ? bound : e.n);
      const Pair sum = elementary::ordered_sum(T(1), power);
      denominator = elementary::ordered_sum(sum.high, elementary::fma(power, e.q, sum.low));
      inverse = T(1) / denominator.high;

      quotient = divide(elementary::ordered_sum(T(1), e.q));
    }

    // a / denominator
    ACT_HOST_DEVICE Pair divide(Pair a) const {
      const T high = a.high * inverse;
      const T rest = elementary::fma(-high, denominator.high, a.high);
      return {high, inverse * (elementary::fma(-high, denominator.low, a.low) + rest)};
    }

    // u' = a + 3·b·x².
    ACT_HOST_DEVICE Pair slope() const { return add(elementary::product(b3(), square), a()); }
  };

  // factor / denominator·σ(-|u|)
  ACT_HOST_DEVICE static T decayed(const Tail& tail, Pair factor) {
    const Pair result = elementary::product(tail.divide(factor), tail.quotient);
    return elementary::scale_down(result.high + result.low, tail.exponent);
  }
};

}  // namespace act::formulas
