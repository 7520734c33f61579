// Measures one formula header, alone: no torch, no build system. tools/check_formula.py compiles
// and drives it (see there for the usage); -DFORMULA_HEADER='"act/formulas/silu.h"' -DFORMULA=Silu
// choose what.
//
// float is compared with the same formula in double, which the Python side compares with ball
// arithmetic.
#include FORMULA_HEADER

#define ACT_INSTRUCTION_SET native
#if defined(__AVX512F__)
#define ACT_VECTOR_BYTES 64
#else
#define ACT_VECTOR_BYTES 32
#endif
#include <chrono>
#include <cmath>
#include <cstdint>

#include "accuracy/errors_loop.h"

namespace {

template <class T>
using Formula = act::formulas::FORMULA<T>;

template <class T>
void evaluate(int order, double first, double second, const T* __restrict in, T* __restrict out,
              std::int64_t count) {
  const Formula<T> formula(act::ParameterValues{first, second});
  if (order == 0) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = formula.value(in[i]);
  } else if (order == 1) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = formula.derivative(in[i]);
  } else if (order == 2) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = formula.second_derivative(in[i]);
  } else if constexpr (requires { formula.derivative_from_output(in[0]); }) {
    if (order == 3) {
      for (std::int64_t i = 0; i < count; ++i) out[i] = formula.derivative_from_output(in[i]);
    } else {
      for (std::int64_t i = 0; i < count; ++i)
        out[i] = formula.second_derivative_from_output(in[i]);
    }
  }
}

}  // namespace

extern "C" {

void evaluate_float(int order, double first, double second, const float* in, float* out,
                    std::int64_t count) {
  evaluate(order, first, second, in, out, count);
}

void evaluate_double(int order, double first, double second, const double* in, double* out,
                     std::int64_t count) {
  evaluate(order, first, second, in, out, count);
}

// Nanoseconds per element, in cache: the best of many passes.
double nanoseconds(int order, double first, double second, const float* in, float* out,
                   std::int64_t count) {
  double best = INFINITY;
  for (int pass = 0; pass < 300; ++pass) {
    const auto start = std::chrono::steady_clock::now();
    evaluate(order, first, second, in, out, count);
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    best = taken.count() < best ? taken.count() : best;
  }
  return best / double(count);
}

act::accuracy::Errors measure_errors(const float* x, const float* result, const double* exact,
                                     std::int64_t size, double low, double high, double floor) {
  return act::accuracy::ACT_INSTRUCTION_SET::measure_errors(x, result, exact, size,
                                                            {float(low), float(high), floor});
}
}
