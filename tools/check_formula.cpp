// Measures one formula header, alone: no torch, no build system. tools/check_formula.py compiles
// and drives it (see there for the usage); -DFORMULA_HEADER='"act/formulas/silu.h"' -DFORMULA=Silu
// choose what.
//
// float is compared with the same formula in double, over every `stride`-th bit pattern of all
// 2^32; the double formula is compared with ball arithmetic by the Python side.
#include FORMULA_HEADER

#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstring>

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

double unit(double exact) {
  const int exponent = exact == 0 ? -126 : std::ilogb(exact);
  return std::ldexp(1.0, (exponent < -126 ? -126 : exponent > 127 ? 127 : exponent) - 23);
}

double error(float result, double exact, double floor) {
  if (std::isnan(exact)) return std::isnan(result) ? 0 : INFINITY;
  if (std::isnan(result)) return INFINITY;
  constexpr double overflow = 0x1.ffffffp127;
  if (std::isinf(result))
    return std::fabs(exact) >= overflow && (exact > 0) == (result > 0) ? 0 : INFINITY;
  if (std::isinf(exact)) return INFINITY;
  const double reach = std::fabs(exact) > floor ? exact : floor;
  return std::fabs(result - exact) / unit(reach);
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

struct Worst {
  double error, at;  // in ulp of the exact result, and where
  double floored_error,
      floored_at;           // in ulp of it or of 0.1, whichever is larger, for low < x < high
  std::int64_t wrong_nan;   // NaN that isn't one, or the reverse; a number from a NaN
  std::int64_t wrong_sign;  // of a zero
};

void compare(int order, double first, double second, std::uint64_t begin, std::uint64_t end,
             std::uint64_t stride, double low, double high, Worst* worst) {
  constexpr std::int64_t block = 4096;
  static float in[block], out[block];
  static double wide[block], exact[block];
  // The float formula computes with parameters rounded to float.
  const double first_float = float(first), second_float = float(second);
  for (std::uint64_t bits = begin; bits < end;) {
    std::int64_t count = 0;
    for (; count < block && bits < end; ++count, bits += stride) {
      const std::uint32_t pattern = std::uint32_t(bits);
      std::memcpy(&in[count], &pattern, sizeof pattern);
      wide[count] = in[count];
    }
    evaluate(order, first, second, in, out, count);
    evaluate(order, first_float, second_float, wide, exact, count);
    for (std::int64_t i = 0; i < count; ++i) {
      worst->wrong_nan += std::isnan(out[i]) != std::isnan(wide[i]);
      worst->wrong_sign +=
          out[i] == 0 && exact[i] == 0 && std::signbit(out[i]) != std::signbit(exact[i]);
      const double plain = error(out[i], exact[i], 0);
      if (!(plain <= worst->error)) worst->error = plain, worst->at = wide[i];
      if (plain > worst->floored_error) {
        const bool inside = low < wide[i] && wide[i] < high;
        const double floored = inside ? error(out[i], exact[i], 0.1) : plain;
        if (!(floored <= worst->floored_error))
          worst->floored_error = floored, worst->floored_at = wide[i];
      }
    }
  }
}
}
