// silu(x) = x·σ(x), also called swish. Elfwing, Uchibe, Doya: arXiv:1702.03118.
#pragma once

#include <act/declaration.h>
#include <act/elementary/sigmoid.h>

namespace act::formulas {

template <class T>
struct Silu {
  static constexpr Declaration declaration{.name = "silu"};

  explicit ACT_HOST_DEVICE Silu(ParameterValues) {}

  ACT_HOST_DEVICE T value(T x) const;
  ACT_HOST_DEVICE T derivative(T x) const;
  ACT_HOST_DEVICE T second_derivative(T x) const;
};

}  // namespace act::formulas
