// Whether a parameter keeps its value when a formula's result is rounded to the tensor's dtype.
#pragma once

namespace act::elementary {

// Formulas hold their parameters as double for float64 tensors and as float for all others, so the
// first test answers for float64 and the second one for the rest (0.1 changes in bfloat16, not in
// float32).
constexpr bool survives_rounding(double parameter, double (*rounded)(double)) {
  const double as_float = double(float(parameter));
  return rounded(parameter) == parameter || rounded(as_float) == as_float;
}

}  // namespace act::elementary
