// The loop of measure_errors: included once for each instruction set. In the compiler's vector
// types: left to itself, GCC makes branches of these comparisons.
#pragma once

#include <cstring>

#include "errors.h"

namespace act::accuracy::ACT_INSTRUCTION_SET {

struct Lanes {
  static constexpr int count = ACT_VECTOR_BYTES / sizeof(double);
  using Floats = float __attribute__((vector_size(count * sizeof(float))));
  using Doubles = double __attribute__((vector_size(count * sizeof(double))));
  using Integers = std::int64_t __attribute__((vector_size(count * sizeof(std::int64_t))));

  Integers counted{}, correctly_rounded{}, wrong_kind{}, wrong_sign{};
  Doubles worst{}, worst_floored{};
  Doubles worst_at{}, worst_floored_at{};

  void add(const float* x, const float* result, const double* exact, const Floor& floor) {
    // Half an ulp beyond the largest finite number: from here on a result rounds to infinity.
    constexpr double overflow = 0x1.ffffffp127;
    constexpr std::int64_t magnitude_bits = INT64_MAX;
    Floats narrow_at, narrow_got;
    Doubles y;
    std::memcpy(&narrow_at, x, sizeof narrow_at);
    std::memcpy(&narrow_got, result, sizeof narrow_got);
    std::memcpy(&y, exact, sizeof y);
    const Doubles at = __builtin_convertvector(narrow_at, Doubles);
    const Doubles got = __builtin_convertvector(narrow_got, Doubles);
    const Doubles rounded = __builtin_convertvector(__builtin_convertvector(y, Floats), Doubles);
    const Doubles magnitude = Doubles(Integers(y) & magnitude_bits);
    const Doubles reach = Doubles(Integers(got) & magnitude_bits);

    // A true comparison is -1.
    const Integers finite = (magnitude < overflow) & (reach < overflow);
    const Integers agree =
        finite | ((magnitude >= overflow) & (reach >= overflow)) | ((y != y) & (got != got));
    counted -= y == y;
    correctly_rounded -= rounded == got;
    wrong_kind -= ~agree;
    wrong_sign -= ((Integers(y) ^ Integers(got)) < 0) & (y == y) & (got == got) & (y != 0.0);

    const Doubles difference = Doubles(Integers(got - y) & magnitude_bits & finite);
    const Doubles least =
        Doubles(Integers(floor.floor + Doubles{}) & (at > floor.low) & (at < floor.high));
    keep(difference * ulps_per_unit(magnitude), at, worst, worst_at);
    keep(difference * ulps_per_unit(magnitude > least ? magnitude : least), at, worst_floored,
         worst_floored_at);
  }

  Errors sum() const {
    Errors total;
    for (int k = 0; k < count; ++k) {
      total.counted += counted[k];
      total.correctly_rounded += correctly_rounded[k];
      total.wrong_kind += wrong_kind[k];
      total.wrong_sign += wrong_sign[k];
      pick(worst[k], worst_at[k], total.worst, total.worst_at);
      pick(worst_floored[k], worst_floored_at[k], total.worst_floored, total.worst_floored_at);
    }
    return total;
  }

 private:
  // 2²³ / 2ᵉ for the binade of a magnitude, as far as float has such a binade: subnormals all lie
  // in the lowest one.
  static Doubles ulps_per_unit(Doubles magnitude) {
    constexpr std::int64_t bias = 1023;
    const Integers lowest = Integers{} + (bias - 126), highest = Integers{} + (bias + 127);
    Integers exponent = Integers(magnitude) >> 52;
    exponent = exponent < lowest ? lowest : exponent;
    exponent = exponent > highest ? highest : exponent;
    return Doubles((2 * bias + 23 - exponent) << 52);
  }

  // Of equal errors the one nearer to 0, so that the number of lanes does not show.
  static void pick(double error, double at, double& worst, float& worst_at) {
    const bool nearer = __builtin_fabs(at) < __builtin_fabs(double(worst_at));
    if (error > worst || (error == worst && error > 0 && nearer)) {
      worst = error, worst_at = float(at);
    }
  }

  static void keep(Doubles error, Doubles at, Doubles& worst, Doubles& worst_at) {
    const Integers more = error > worst;
    worst = more ? error : worst;
    worst_at = more ? at : worst_at;
  }
};

Errors measure_errors(const float* x, const float* result, const double* exact, std::int64_t size,
                      const Floor& floor) {
  Lanes lanes;
  std::int64_t i = 0;
  for (; i + Lanes::count <= size; i += Lanes::count)
    lanes.add(x + i, result + i, exact + i, floor);
  if (i < size) {
    float last_x[Lanes::count], last_result[Lanes::count];
    double last_exact[Lanes::count];
    for (int k = 0; k < Lanes::count; ++k) {
      const bool inside = i + k < size;
      last_x[k] = inside ? x[i + k] : __builtin_nanf("");
      last_result[k] = inside ? result[i + k] : __builtin_nanf("");
      last_exact[k] = inside ? exact[i + k] : __builtin_nan("");
    }
    lanes.add(last_x, last_result, last_exact, floor);
  }
  return lanes.sum();
}

}  // namespace act::accuracy::ACT_INSTRUCTION_SET
