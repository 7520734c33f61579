// How far float32 results are from the exact ones: what `python -m torch_act certify` adds up over
// all 2³² inputs. docs/accuracy.md says in words what is counted here.
#pragma once

#include <cstdint>

namespace act::accuracy {

// Inside (low, high) an ulp counts as that of `floor` at least: around the zeros of a derivative.
struct Floor {
  float low, high;
  double floor;
};

// Over inputs whose exact result is not NaN, but for wrong_kind.
struct Errors {
  std::int64_t counted = 0;
  std::int64_t correctly_rounded = 0;
  std::int64_t wrong_kind = 0;  // finite, infinite or NaN where the exact result rounds to another
  std::int64_t wrong_sign = 0;  // of a result whose exact value is not 0
  double worst = 0;             // in ulp, where both are finite
  float worst_at = 0;
  double worst_floored = 0;
  float worst_floored_at = 0;
};

// `exact` is a double that is right to a few of its own ulp: the measured ones are 2²⁹ times as
// large.
using MeasureErrors = Errors(const float* x, const float* result, const double* exact,
                             std::int64_t size, const Floor& floor);

namespace baseline {
MeasureErrors measure_errors;
}
#if defined(__x86_64__)
namespace avx2 {
MeasureErrors measure_errors;
}
namespace avx512 {
MeasureErrors measure_errors;
}
#endif

// By what the processor has, whatever set the kernels under measurement run in.
MeasureErrors measure_errors;

// How many neighbours go against the direction, 1 or -1. An equal one does not, nor does NaN.
std::int64_t count_reversals(const float* result, std::int64_t size, int direction);

// How many results at -x are not the result at x times `sign`, 1 or -1. NaN and NaN agree.
std::int64_t count_asymmetries(const float* at_x, const float* at_minus_x, std::int64_t size,
                               int sign);

}  // namespace act::accuracy
