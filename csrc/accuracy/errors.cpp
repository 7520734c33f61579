#include "errors.h"

namespace act::accuracy {

Errors measure_errors(const float* x, const float* result, const double* exact, std::int64_t size,
                      const Floor& floor) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return avx512::measure_errors(x, result, exact, size, floor);
  }
  if (__builtin_cpu_supports("avx2")) return avx2::measure_errors(x, result, exact, size, floor);
#endif
  return baseline::measure_errors(x, result, exact, size, floor);
}

std::int64_t count_reversals(const float* result, std::int64_t size, int direction) {
  const auto sign = static_cast<float>(direction);
  std::int64_t count = 0;
  for (std::int64_t i = 1; i < size; ++i) count += sign * result[i] < sign * result[i - 1];
  return count;
}

std::int64_t count_asymmetries(const float* at_x, const float* at_minus_x, std::int64_t size,
                               int sign) {
  const auto factor = static_cast<float>(sign);
  std::int64_t count = 0;
  for (std::int64_t i = 0; i < size; ++i) {
    const float a = at_x[i], b = at_minus_x[i];
    count += !((a * factor == b) | ((a != a) & (b != b)));
  }
  return count;
}

}  // namespace act::accuracy
