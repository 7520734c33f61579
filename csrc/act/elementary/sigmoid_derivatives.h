// The derivatives of the logistic function at a differentiable x (a tensor): third derivatives of
// several activations are made of them, and whatever differentiates the operations goes on from
// there.
#pragma once

namespace act::elementary {

template <class X>
struct SigmoidDerivatives {
  X first, second, third;

  // With s = σ(x) and c = σ(-x): s·c, s·c·(c - s) and s·c·(1 - 6·s·c).
  explicit SigmoidDerivatives(const X& x) {
    const X s = sigmoid(x), c = sigmoid(-x);
    first = s * c;
    second = first * (c - s);
    third = first * (1.0 - 6.0 * first);
  }
};

}  // namespace act::elementary
