// star_relu(x) = scale·max(x, 0)² + bias. Yu et al.: MetaFormer Baselines for Vision,
// arXiv:2210.13452.
#pragma once

#include <act/elementary/limits.h>
#include <act/elementary/quotient.h>
#include <act/partial_derivatives.h>

namespace act::formulas {

template <class T>
struct StarRelu {
  static constexpr Declaration declaration{
      .name = "star_relu",
      .limited_by_memory = true,
  };
  static constexpr const char* tensors[] = {"scale", "bias"};

  ACT_HOST_DEVICE explicit StarRelu(ParameterValues) {}

  // scale·x first: its product with x overflows where the result does, and not before. The errors
  // of both products are added to the sum: where the bias cancels most of it they are what is left.
  ACT_HOST_DEVICE T value(T x, T scale, T bias) const {
    const T r = finite_for(scale, rectified(x));
    const elementary::Pair<T> slope = elementary::product(scale, r);
    const elementary::Pair<T> most = elementary::product(slope.high, r);
    const elementary::Pair<T> sum = elementary::any_sum(most.high, bias);
    const T low = sum.low + elementary::fma(slope.low, r, most.low);
    return elementary::abs(sum.high) <= elementary::largest<T>() ? sum.high + low : sum.high;
  }

  ACT_HOST_DEVICE PartialDerivatives<T, 2> derivatives(T x, T scale, T) const {
    const T r = rectified(x);
    return {T(2) * (scale * finite_for(scale, r)), {r * r, T(1)}};
  }

  template <class X>
  Gradient<X> gradient(const X& x, const X& scale, const X&) const {
    const X r = clamp_min(x, 0.0);
    return {{2.0 * scale * r, r * r, ones_like(x)}};
  }

  template <class X>
  Hessian<X> hessian(const X& x, const X& scale, const X&) const {
    Hessian<X> second;
    second.set(0, 0, where(x > 0.0, 2.0 * scale, zeros_like(x)));
    second.set(0, 1, 2.0 * clamp_min(x, 0.0));
    return second;
  }

 private:
  // NaN is not below 0.
  ACT_HOST_DEVICE static T rectified(T x) { return x < T(0) ? T(0) : x; }

  // A scale of 0 gives the bias at inf, too (0·inf would be NaN).
  ACT_HOST_DEVICE static T finite_for(T scale, T r) {
    const T most = scale == T(0) ? elementary::largest<T>() : elementary::infinity<T>();
    return r > most ? most : r;
  }
};

}  // namespace act::formulas
