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

// `otherwise` further than `reach` from the zero. x - zero.high is exact where it counts.
template <class Zero, class T>
ACT_HOST_DEVICE T beside_zero(T x, T otherwise) {
  constexpr Pair<T> zero = Zero::place(T());
  const T high = x - zero.high;
  const T y = from_zero(high, zero.low, Zero::slope(high));
  return abs(high) < T(Zero::reach) ? y : otherwise;
}

// Relative error of G 2^-54.9; in double only.
struct ZeroOfSilu {
  static constexpr double reach = 0.37;
  ACT_HOST_DEVICE static constexpr Pair<double> place(double) {
    return {-0x1.474973c84120bp+0, -0x1.f8d74bc9ac154p-54};
  }
  ACT_HOST_DEVICE static double slope(double v) {
    double p = -0x1.29fd800ffef07p-26;
    p = fma(p, v, -0x1.82f879618d099p-24);
    p = fma(p, v, -0x1.08f06eb044232p-25);
    p = fma(p, v, 0x1.cd62713173b42p-21);
    p = fma(p, v, 0x1.3ae23c52a1dbfp-19);
    p = fma(p, v, -0x1.8af1c5fdd4d8ep-19);
    p = fma(p, v, -0x1.f2d899e0fb39cp-16);
    p = fma(p, v, -0x1.5723902420c25p-15);
    p = fma(p, v, 0x1.8574d13961cb1p-13);
    p = fma(p, v, 0x1.a2a7caf23e40dp-11);
    p = fma(p, v, 0x1.098e92b8e6f70p-13);
    p = fma(p, v, -0x1.b0f82c49908adp-8);
    p = fma(p, v, -0x1.f2d0e32bc2991p-7);
    p = fma(p, v, 0x1.353eb573ca45cp-6);
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

// Relative error of G 2^-24.6 and 2^-53.7.
struct ZeroOfGeluTanh {
  static constexpr double reach = 0.17;
  ACT_HOST_DEVICE static constexpr Pair<float> place(float) {
    return {-0x1.8142a0p-1f, 0x1.85a06cp-27f};
  }
  ACT_HOST_DEVICE static constexpr Pair<double> place(double) {
    return {-0x1.81429f9e97e4dp-1, 0x1.4f523ed77dbdcp-55};
  }
  ACT_HOST_DEVICE static float slope(float v) {
    float p = -0x1.397fe6p-9f;
    p = fma(p, v, 0x1.554c98p-8f);
    p = fma(p, v, 0x1.42751ap-6f);
    p = fma(p, v, -0x1.10467ep-6f);
    p = fma(p, v, -0x1.d2b770p-4f);
    p = fma(p, v, -0x1.02961cp-6f);
    p = fma(p, v, 0x1.8cd1a2p-2f);
    return fma(p, v, 0x1.b8bacep-2f);
  }
  ACT_HOST_DEVICE static double slope(double v) {
    double p = -0x1.0357e0d6e89f2p-20;
    p = fma(p, v, 0x1.4005da09b832bp-19);
    p = fma(p, v, 0x1.8d15f1a16aa62p-18);
    p = fma(p, v, -0x1.0b92b4a6e9e94p-16);
    p = fma(p, v, -0x1.253bb108e6160p-15);
    p = fma(p, v, 0x1.0493675ab76dcp-13);
    p = fma(p, v, 0x1.14bf89484d087p-12);
    p = fma(p, v, -0x1.e63f293c87a4cp-11);
    p = fma(p, v, -0x1.3d8d6417057f1p-9);
    p = fma(p, v, 0x1.58c9ed7132f61p-8);
    p = fma(p, v, 0x1.427996dc249bcp-6);
    p = fma(p, v, -0x1.104a83edc0dd7p-6);
    p = fma(p, v, -0x1.d2b77346470abp-4);
    p = fma(p, v, -0x1.029615edb077ap-6);
    p = fma(p, v, 0x1.8cd1a2b2fff33p-2);
    return fma(p, v, 0x1.b8bacd2c96b91p-2);
  }
};

}  // namespace act::elementary
