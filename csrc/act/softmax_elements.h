// Which elements of a row take part in its softmax: all, or only those above -inf. For the host and
// the device alike.
//
// With PresentElements an element at -inf is absent, as if the row did not have it: its probability
// is exactly 0 and so is its gradient, whatever else is in the row, be it NaN or inf, and whatever
// grad_output holds there. The backward needs no mask for that: the output tells which they are.
#pragma once

#include <act/softmax_gradient.h>

namespace act {

// How x becomes a logit: ±x / temperature, and -inf where the mask is false.
struct Logits {
  double temperature;
  bool negate;
  bool has_mask;
  bool empty_is_nan;  // what a row without present elements gives, instead of probabilities of 0
};

namespace normalization {

struct EveryElement {
  static constexpr bool all = true;

  template <class T>
  ACT_HOST_DEVICE static T exponential(T x, T shift, T floor, T to_power) {
    return scaled_exp(x, shift, floor, to_power);
  }
  template <class T>
  ACT_HOST_DEVICE static RoundedExponential<T> rounded_exponential(T x, T shift, T floor,
                                                                   T to_power) {
    return scaled_exp_and_lost(x, shift, floor, to_power);
  }
  template <bool logarithm, class T>
  ACT_HOST_DEVICE static T result(T x, T high, T low, T /*absent*/) {
    return logarithm ? log_normalized(x, high, low) : normalized(x, high, low);
  }
  template <class T>
  ACT_HOST_DEVICE static T softmax_gradient(T g, T y, T high, T low, T factor) {
    return normalization::softmax_gradient(g, y, high, low, factor);
  }
  template <bool usual, class T>
  ACT_HOST_DEVICE static T log_softmax_gradient(T g, T y, T minus_sum, T /*factor*/) {
    return normalization::log_softmax_gradient<usual>(g, y, minus_sum);
  }
};

struct PresentElements {
  static constexpr bool all = false;

  // 0 for absent elements alone: others are held at the floor at least. Beside an infinite element
  // an exponential may leave the range of exponents, and be 0 by accident; the row is NaN then.
  template <class T>
  ACT_HOST_DEVICE static T exponential(T x, T shift, T floor, T to_power) {
    return where_present(x, scaled_exp(x, shift, floor, to_power));
  }
  template <class T>
  ACT_HOST_DEVICE static RoundedExponential<T> rounded_exponential(T x, T shift, T floor,
                                                                   T to_power) {
    const RoundedExponential<T> e = scaled_exp_and_lost(x, shift, floor, to_power);
    return {where_present(x, e.value), x == -T(__builtin_huge_val()) ? T(0) : e.lost};
  }
  // Of an exponential or, for log_softmax, of the logit itself. `absent` is what the row's absent
  // elements get.
  template <bool logarithm, class T>
  ACT_HOST_DEVICE static T result(T x, T high, T low, T absent) {
    const T present = logarithm ? log_normalized(x, high, low) : normalized(x, high, low);
    return x == (logarithm ? -T(__builtin_huge_val()) : T(0)) ? absent : present;
  }
  // grad_output as a row's sum of gradients sees it.
  template <bool logarithm, class T>
  ACT_HOST_DEVICE static T kept(T g, T y) {
    return y == (logarithm ? -T(__builtin_huge_val()) : T(0)) ? T(0) : g;
  }
  template <class T>
  ACT_HOST_DEVICE static T softmax_gradient(T g, T y, T high, T low, T factor) {
    const T gradient = normalization::softmax_gradient(g, y, high, low, factor);
    return y == T(0) ? T(0) : gradient;
  }
  template <bool usual, class T>
  ACT_HOST_DEVICE static T log_softmax_gradient(T g, T y, T minus_sum, T factor) {
    const T gradient = normalization::log_softmax_gradient<usual>(g, y, minus_sum) * factor;
    return y == -T(__builtin_huge_val()) ? T(0) : gradient;
  }

 private:
  template <class T>
  ACT_HOST_DEVICE static T where_present(T x, T e) {
    const T present = e == T(0) ? T(__builtin_nan("")) : e;
    return x == -T(__builtin_huge_val()) ? T(0) : present;
  }
};

// What the absent elements of a row get.
template <bool logarithm, class T>
ACT_HOST_DEVICE T absent_result(const RowSum& row, bool empty_is_nan) {
  const bool empty = row.largest == -__builtin_huge_val() && row.sum == 0;
  const T of_nothing = logarithm ? -T(__builtin_huge_val()) : T(0);
  return empty && empty_is_nan ? T(__builtin_nan("")) : of_nothing;
}

// What a gradient by the logit is multiplied by to be one by x.
template <class T>
ACT_HOST_DEVICE T gradient_factor(const Logits& logits) {
  return T((logits.negate ? -1.0 : 1.0) / logits.temperature);
}

}  // namespace normalization
}  // namespace act
