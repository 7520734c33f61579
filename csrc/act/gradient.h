// What a pointwise op computes of its formula: the value, or a gradient through a derivative of
// what forward saved, its input or its output.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>

namespace act {

enum class Pointwise { value, backward, double_backward };

// Whether results of a half type are computed again, in double, where float32 leaves them undecided
// (is_near_middle). One of two slopes has been rounded but once.
template <template <class> class Formula>
constexpr bool rounds_twice(Pointwise order) {
  constexpr Declaration declaration = Formula<float>::declaration;
  const bool slope = order != Pointwise::value && declaration.two_slopes;
  return !declaration.nearest_in_half && !slope;
}

// The parameters as float32 arithmetic has them. Volatile, because g++ 12 drops both conversions
// where it makes vectors of them.
ACT_HOST_DEVICE ParameterValues rounded_to_float(const ParameterValues& p) {
  const volatile float first = static_cast<float>(p.first), second = static_cast<float>(p.second);
  return {double(first), double(second)};
}

// How many units of float32 a result that is less than 2 of them off, and its product with
// grad_output, less than 4 off, can lie beside the middle of two numbers that the exact one is
// beyond.
ACT_HOST_DEVICE constexpr std::uint32_t float_error(Pointwise order) {
  return order == Pointwise::value ? 1 : 3;
}

template <class T, template <class> class Formula>
ACT_HOST_DEVICE T scale_gradient(T gradient, T derivative) {
  const T product = gradient * derivative;
  if constexpr (Formula<T>::declaration.flat_blocks_gradient) {
    // By the bits: a select would let the compiler load the gradient only where it is needed,
    // through a mask, which is far slower.
    using Bits = decltype(elementary::to_bits(product));
    const Bits keep = -static_cast<Bits>(derivative != T(0));
    return elementary::from_bits(elementary::to_bits(product) & keep);
  } else {
    return product;
  }
}

// The derivative as a function of the saved tensor, and that function's own derivative: what
// forward saved is either its input or its output.
template <class T, template <class> class Formula, Saved saved>
ACT_HOST_DEVICE T derivative(const Formula<T>& formula, T x) {
  if constexpr (saved == Saved::input) {
    return formula.derivative(x);
  } else {
    return formula.derivative_from_output(x);
  }
}

template <class T, template <class> class Formula, Saved saved>
ACT_HOST_DEVICE T second_derivative(const Formula<T>& formula, T x) {
  if constexpr (saved == Saved::input) {
    return formula.second_derivative(x);
  } else {
    return formula.second_derivative_from_output(x);
  }
}

}  // namespace act
