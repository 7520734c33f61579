// gelu(x, approximate="tanh") = x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2 = x·σ(u) with u = x·(a +
// b·x²). Hendrycks, Gimpel: arXiv:1606.08415. Computed with σ(-|u|), so that there is no
// cancellation in either tail, as max(x, 0) - |x|·σ(-|u|).
//
// Largest errors seen: float value 0.99 ulp, derivative 1.90, second derivative
// 1.36 away from its zeros (all numbers).
#pragma once

#include <act/declaration.h>
#include <act/elementary/beside_zero.h>
#include <act/elementary/exp_sum.h>
#include <act/elementary/sigmoid_derivatives.h>

namespace act::formulas {

template <class T>
struct GeluTanh {
  static constexpr Declaration declaration{
      .name = "gelu",
      .variant_argument = "approximate",
      .variant = "tanh",
  };

  // Of e^(-|u|).
  struct Begun {
    T q, power, linear, bend;
  };

  ACT_HOST_DEVICE explicit GeluTanh(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const { return value(x, begin_value(x)); }
  ACT_HOST_DEVICE Begun begin_value(T x) const { return Tail::begin(x); }
  ACT_HOST_DEVICE T value(T x, Begun begun) const {
    const Tail tail(x, begun);
    const T decayed = tail.decay.times_unrounded(tail.divide({tail.t * lift, T(0)}));
    // NaN passes here. -0 - 0 = -0 at -inf, and the zeros keep their sign.
    const T positive = T(-0.0) > x ? T(-0.0) : x;
    return elementary::fma(decayed, -lowering, positive);
  }

  // σ(u) + x·u'·σ(u)·σ(-u): below 0 that is σ(-|u|)·(1 - t·u'·σ(|u|)), above 0 its complement.
  ACT_HOST_DEVICE T derivative(T x) const { return derivative(x, begin_derivative(x)); }
  ACT_HOST_DEVICE Begun begin_derivative(T x) const { return Tail::begin(x); }
  ACT_HOST_DEVICE T derivative(T x, Begun begun) const {
    const Tail tail(x, begun);
    // 1 - t·u'·σ(|u|) = (denominator - t·u') / denominator
    const Pair product = elementary::product(tail.t * -lift, tail.slope());
    const T below = tail.decayed(tail.divide(add(tail.denominator, product)));
    const T result =
        elementary::fma(below, x > T(0) ? -lowering : lowering, x > T(0) ? T(1) : T(0));
    return elementary::beside_zero<elementary::ZeroOfGeluTanh>(x, result);
  }

  // σ(u)·σ(-u)·(2·u' + t·u'' - t·u'²·(σ(|u|) - σ(-|u|))), where 2·u' + t·u'' = 4·u' - 2·a.
  ACT_HOST_DEVICE T second_derivative(T x) const {
    const Tail tail(x, Tail::begin(x));
    const Pair slope = tail.slope();
    const Pair difference =
        tail.divide({T(2) * lift - tail.denominator.high, -tail.denominator.low});
    const Pair bent = elementary::product(elementary::product(-tail.t, slope),
                                          elementary::product(slope, difference));
    const Pair straight =
        add({T(4) * slope.high, T(4) * slope.low}, {T(-2) * a().high, T(-2) * a().low});
    const Pair curvature = add(straight, bent);
    const T result =
        tail.decayed(tail.divide({curvature.high * lift, curvature.low * lift})) * lowering;
    return elementary::is_nan(x) ? x : result;
  }

  // 3·(σ(u))″ + x·(σ(u))‴ with u = a·x + b·x³.
  template <class X>
  X third_derivative(const X& x) const {
    constexpr double linear = 1.59576912160573071176, cubic = 0.044715 * linear;  // 2·√(2/π)
    const X t = clamp(x, -50.0, 50.0), square = t * t;
    const elementary::SigmoidDerivatives<X> s(t * (linear + cubic * square));
    const X first = linear + 3.0 * cubic * square, second = 6.0 * cubic * t;
    const X of_second = s.second * first * first + s.first * second;
    const X of_third =
        s.third * first * first * first + 3.0 * s.second * first * second + 6.0 * cubic * s.first;
    return 3.0 * of_second + t * of_third;
  }

 private:
  using Pair = elementary::Pair<T>;
  using Decay = elementary::Decay<T>;
  static constexpr T lift = Decay::lift, lowering = Decay::lowering;

  // a = 2·√(2/π), b = 0.044715·a and 3·b, to twice the precision. The high part of a is a multiple
  // of the unit of every u' = a + 3·b·t² that matters.
  ACT_HOST_DEVICE static constexpr Pair a() {
    if constexpr (sizeof(T) == sizeof(float)) {
      return {0x1.98846p+0f, -0x1.985794p-21f};
    } else {
      return {0x1.9884533d4364p+0, 0x1.08d0fcb3c500cp-48};
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

  // a + b·square
  ACT_HOST_DEVICE static Pair sum_with_square(Pair b, Pair square) {
    const T high = elementary::fma(b.high, square.high, a().high);
    const T error = elementary::fma(b.high, square.high, a().high - high);
    return {high, error + elementary::fma(b.high, square.low,
                                          elementary::fma(b.low, square.high, a().low))};
  }

  // σ(-|u|) = e^(-|u|)·lift / denominator.
  struct Tail {
    T t;  // |x|, at most what matters: everything that decays with e^(-|u|) has underflown there
    Pair square;
    Decay decay;       // e^(-|u|)
    Pair denominator;  // (1 + e^(-|u|))·lift
    T inverse;

    ACT_HOST_DEVICE static T magnitude(T x) {
      return elementary::magnitude_up_to(sizeof(T) == sizeof(float) ? T(11.5) : T(22), x);
    }
    ACT_HOST_DEVICE static Begun begin(T x) {
      const T t = magnitude(x);
      const Pair square = elementary::product(t, t);
      const Decay d(elementary::product(t, sum_with_square(b(), square)), T(1));
      return {d.q, d.power, d.linear, d.bend};
    }

    ACT_HOST_DEVICE Tail(T x, Begun begun)
        : t(magnitude(x)),
          square(elementary::product(t, t)),
          decay(begun.q, begun.power, begun.linear, begun.bend) {
      const Pair sum = elementary::ordered_sum(lift, decay.power);
      const Pair most =
          elementary::ordered_sum(sum.high, elementary::fma(decay.power, decay.linear, sum.low));
      denominator =
          elementary::ordered_sum(most.high, elementary::fma(decay.power, decay.bend, most.low));
      inverse = T(1) / denominator.high;
    }

    // a / denominator
    ACT_HOST_DEVICE Pair divide(Pair a) const {
      const T high = a.high * inverse;
      const T rest = elementary::fma(-high, denominator.high, a.high);
      return {high, inverse * (elementary::fma(-high, denominator.low, a.low) + rest)};
    }

    // u' = a + 3·b·x².
    ACT_HOST_DEVICE Pair slope() const { return sum_with_square(b3(), square); }

    // a·σ(-|u|)·lift
    ACT_HOST_DEVICE T decayed(Pair a) const {
      return decay.times(divide({a.high * lift, a.low * lift}));
    }
  };
};

}  // namespace act::formulas
