// The derivatives of an activation in its input and in each of its parameters.
#pragma once

#include <act/declaration.h>

namespace act {

// What a backward multiplies the gradient by.
template <class T, int count>
struct PartialDerivatives {
  T input;
  T tensor[count];
};

// The same over a differentiable type, counting the input as the first of the arguments; an
// undefined entry is 0. For the derivatives of the backward itself, which are rarely asked for.
template <class X>
struct Gradient {
  X of[3];
};
template <class X>
struct Hessian {
  X of[3][3];

  void set(int i, int j, const X& value) { of[i][j] = of[j][i] = value; }
};

}  // namespace act
