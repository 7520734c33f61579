// What a pointwise op computes of its formula: the value, or a gradient through a derivative of
// what forward saved, its input or its output.
#pragma once

#include <act/declaration.h>
#include <act/elementary/arithmetic.h>

namespace act {

enum class Pointwise { value, backward, double_backward };

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
