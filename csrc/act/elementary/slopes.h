// The two slopes of a piecewise-linear formula: its derivative is one of them everywhere but at
// NaN.
#pragma once

namespace act::elementary {

template <class T>
struct Slopes {
  T low, high;
};

}  // namespace act::elementary
