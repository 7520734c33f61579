// rrelu(x, slope) = x above 0, slope·x from 0 down, the slope drawn anew for each element in
// training. Xu, Wang, Chen, Li: Empirical Evaluation of Rectified Activations in Convolutional
// Network, arXiv:1505.00853.
#pragma once

#include <act/declaration.h>
#include <act/formulas/prelu.h>

namespace act::formulas {

template <class T>
struct Rrelu {
  static constexpr Declaration declaration{
      .name = "rrelu",
      .parameters = {{"lower", 1.0 / 8}, {"upper", 1.0 / 3}},
      .requirement = "lower <= upper, both finite",
      .accepts =
          [](ParameterValues p) {
            return p.first <= p.second && p.first * 0 == 0 && p.second * 0 == 0;
          },
  };

  ACT_HOST_DEVICE explicit Rrelu(ParameterValues p)
      : lower_(T(p.first)),
        width_(T(p.second) - T(p.first)),
        mean_slope_(T((p.first + p.second) / 2)) {}

  // Uniform in [lower, upper): the upper 24 of 32 random bits, all that a float can hold.
  ACT_HOST_DEVICE T slope(std::uint32_t bits) const {
    const T uniform = T(std::int32_t(bits >> 8)) * T(0x1p-24);
    return elementary::fma(uniform, width_, lower_);
  }

  // Of every element where nothing is drawn.
  ACT_HOST_DEVICE T mean_slope() const { return mean_slope_; }

  ACT_HOST_DEVICE static T value(T x, T slope) { return Prelu<T>::value(x, slope); }
  ACT_HOST_DEVICE static T derivative(T x, T slope) { return Prelu<T>::derivative_input(x, slope); }

 private:
  T lower_, width_, mean_slope_;
};

}  // namespace act::formulas
