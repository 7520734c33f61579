// Derivatives beside their zeros: there two terms cancel, and to keep digits of their difference
// would take terms of twice the precision. A polynomial takes over, f'(zero + v) = v·G(v), with the
// zero as a sum of two numbers. tools/fit_zeros.py.
#pragma once

#include <act/elementary/arithmetic.h>
#include <act/elementary/quotient.h>

namespace act::elementary {

// (high - low)·slope, low being small.
template <class T>
ACT_HOST_DEVICE T from_zero(T high, T low, T slope) {
  return fma(high, slope, -low * slope);
}
template <class T>
ACT_HOST_DEVICE T from_zero(T high, T low, Pair<T> slope) {
  return fma(high, slope.high, fma(high, slope.low, -low * slope.high));
}

// p·v + term, with what the sum has lost.
template <class T>
ACT_HOST_DEVICE Pair<T> sloped(T p, T v, Pair<T> term) {
  const T high = fma(p, v, term.high);
  return {high, fma(p, v, term.high - high) + term.low};
}

// `otherwise` further than `reach` from the zero, NaN at NaN. x - zero.high is exact where it
// counts.
template <class Zero, class T>
ACT_HOST_DEVICE T beside_zero(T x, T otherwise) {
  constexpr Pair<T> zero = Zero::place(T());
  const T high = x - zero.high;
  const T y = from_zero(high, zero.low, Zero::slope(high));
  return abs(high) >= T(Zero::reach) ? otherwise : y;
}

// The same at x.high + x.low.
template <class Zero, class T>
ACT_HOST_DEVICE T beside_zero(Pair<T> x, T otherwise) {
  constexpr Pair<T> zero = Zero::place(T());
  const T high = x.high - zero.high, low = x.low - zero.low;
  const T y = from_zero(high, -low, Zero::slope(high + low));
  return abs(high) >= T(Zero::reach) ? otherwise : y;
}

// Relative error of G 2^-25.7 and 2^-54.9.
struct ZeroOfSilu {
  static constexpr double reach = 0.34;
  ACT_HOST_DEVICE static constexpr Pair<float> place(float) {
    return {-0x1.474974p+0f, 0x1.bdf6fap-27f};
  }
  ACT_HOST_DEVICE static constexpr Pair<double> place(double) {
    return {-0x1.474973c84120bp+0, -0x1.f8d74bc9ac154p-54};
  }
  ACT_HOST_DEVICE static float slope(float v) {
    float p = 0x1.99644ap-11f;
    p = fma(p, v, 0x1.5621a0p-13f);
    p = fma(p, v, -0x1.b0d4fep-8f);
    p = fma(p, v, -0x1.f2e254p-7f);
    p = fma(p, v, 0x1.353e64p-6f);
    p = fma(p, v, 0x1.2c5638p-3f);
    return fma(p, v, 0x1.be1410p-3f);
  }
  ACT_HOST_DEVICE static double slope(double v) {
    double p = -0x1.2df850489fbcdp-26;
    p = fma(p, v, -0x1.84b4e245b8251p-24);
    p = fma(p, v, -0x1.08242d7b44065p-25);
    p = fma(p, v, 0x1.cd793aae5a8a9p-21);
    p = fma(p, v, 0x1.3ae1bd462c009p-19);
    p = fma(p, v, -0x1.8af2b0286724ep-19);
    p = fma(p, v, -0x1.f2d898ae06c41p-16);
    p = fma(p, v, -0x1.57238efb36ed3p-15);
    p = fma(p, v, 0x1.8574d137f3c22p-13);
    p = fma(p, v, 0x1.a2a7caf17e2a3p-11);
    p = fma(p, v, 0x1.098e92b8ece17p-13);
    p = fma(p, v, -0x1.b0f82c4990156p-8);
    p = fma(p, v, -0x1.f2d0e32bc2993p-7);
    p = fma(p, v, 0x1.353eb573ca459p-6);
    p = fma(p, v, 0x1.2c563458cc0adp-3);
    return fma(p, v, 0x1.be1410460527fp-3);
  }
};

// Relative error of G 2^-29.4 and 2^-61.2, its last term and sum with twice the precision.
struct ZeroOfMish {
  static constexpr double reach = 0.3;
  ACT_HOST_DEVICE static constexpr Pair<float> place(float) {
    return {-0x1.31432cp+0f, -0x1.a25b08p-29f};
  }
  ACT_HOST_DEVICE static constexpr Pair<double> place(double) {
    return {-0x1.31432c0d12d84p+0, -0x1.bf319154da210p-55};
  }
  ACT_HOST_DEVICE static Pair<float> slope(float v) {
    float p = 0x1.e7d976p-11f;
    p = fma(p, v, 0x1.2a0992p-10f);
    p = fma(p, v, -0x1.b747c0p-9f);
    p = fma(p, v, -0x1.034108p-6f);
    p = fma(p, v, -0x1.4c241ep-6f);
    p = fma(p, v, 0x1.574f2ap-5f);
    p = fma(p, v, 0x1.a34a26p-3f);
    return sloped<float>(p, v, {0x1.115accp-2f, -0x1.7f84d8p-27f});
  }
  ACT_HOST_DEVICE static Pair<double> slope(double v) {
    double p = 0x1.3036506328008p-25;
    p = fma(p, v, 0x1.1208ee30258a3p-20);
    p = fma(p, v, 0x1.8564bd9ca9486p-19);
    p = fma(p, v, 0x1.fe16f341baf45p-21);
    p = fma(p, v, -0x1.22362b67aa6b1p-16);
    p = fma(p, v, -0x1.d454e09a0973bp-15);
    p = fma(p, v, -0x1.5fffda7f128aap-15);
    p = fma(p, v, 0x1.0a79567ecaa62p-12);
    p = fma(p, v, 0x1.037991968f4dep-10);
    p = fma(p, v, 0x1.1e5e1847c88cbp-10);
    p = fma(p, v, -0x1.b87ddfb5549f6p-9);
    p = fma(p, v, -0x1.03369d4ac8a9cp-6);
    p = fma(p, v, -0x1.4c222fe64d3c6p-6);
    p = fma(p, v, 0x1.574f121a868d8p-5);
    p = fma(p, v, 0x1.a34a251d8ad7bp-3);
    return sloped<double>(p, v, {0x1.115acb42500bbp-2, 0x1.1b2f0c2d08ee8p-56});
  }
};

// Relative error of G 2^-24.6 and 2^-53.8.
struct ZeroOfGeluTanh {
  static constexpr double reach = 0.08;
  ACT_HOST_DEVICE static constexpr Pair<float> place(float) {
    return {-0x1.8142a0p-1f, 0x1.85a06cp-27f};
  }
  ACT_HOST_DEVICE static constexpr Pair<double> place(double) {
    return {-0x1.81429f9e97e4dp-1, 0x1.4f523ed77dbdcp-55};
  }
  ACT_HOST_DEVICE static float slope(float v) {
    float p = -0x1.103f9cp-6f;
    p = fma(p, v, -0x1.d21282p-4f);
    p = fma(p, v, -0x1.029550p-6f);
    p = fma(p, v, 0x1.8cd192p-2f);
    return fma(p, v, 0x1.b8bacep-2f);
  }
  ACT_HOST_DEVICE static double slope(double v) {
    double p = 0x1.13abdace8a829p-12;
    p = fma(p, v, -0x1.e534c099040b3p-11);
    p = fma(p, v, -0x1.3d8d0f4a13ce9p-9);
    p = fma(p, v, 0x1.58c9bdbcc621ap-8);
    p = fma(p, v, 0x1.427996d147b5fp-6);
    p = fma(p, v, -0x1.104a83e6c77e6p-6);
    p = fma(p, v, -0x1.d2b7734645edcp-4);
    p = fma(p, v, -0x1.029615edb1e50p-6);
    p = fma(p, v, 0x1.8cd1a2b2fff32p-2);
    return fma(p, v, 0x1.b8bacd2c96b91p-2);
  }
};

}  // namespace act::elementary
