// What a formula tells about itself besides its mathematics: name, parameters, what its backward
// reads.
#pragma once

namespace act {

// The values of an op's scalar parameters, in the order of its schema. No activation has more than
// two.
struct ParameterValues {
  double first = 0;
  double second = 0;
};

struct Parameter {
  const char* name = nullptr;
  double default_value = 0;
  bool required = false;  // without a default in the schema
};

// Bits: which of two slopes an element has.
enum class Saved { input, output, bits };

struct Declaration {
  const char* name = nullptr;  // of the op: act::<name>

  // Piecewise-linear formulas: where the derivative is 0 the gradient is 0, even if grad_output is
  // infinite or NaN, as in torch, which selects there instead of multiplying.
  bool flat_blocks_gradient = false;

  // The derivative is one of two numbers, slopes(): two bits for each element can be saved for it.
  bool two_slopes = false;

  // So few operations for each element that memory limits them: then large results are written past
  // the caches, which saves a third of the traffic but costs the longer formulas more than they
  // gain.
  bool limited_by_memory = false;

  // The half types' values and derivatives are the nearest numbers, rounded from float32 as they
  // are (tests/test_certificate.py compares all). Those of other formulas are computed again, in
  // double, where float32's error could change what they round to (storage.h, is_near_middle).
  bool nearest_in_half = false;

  // The derivative is built on one exponential or one division: of the half types it is computed in
  // less time than looked up (csrc/cpu/half_tables.h; measured: three quarters, elu, AVX-512).
  bool short_derivative = false;

  Parameter parameters[2] = {};

  // Several formulas can serve one op and be chosen by a string argument (gelu: approximate = none,
  // tanh).
  const char* variant_argument = nullptr;
  const char* variant = nullptr;

  // What parameter values are accepted, as text for the error message and as a test. Null: any.
  const char* requirement = nullptr;
  bool (*accepts)(ParameterValues) = nullptr;

  // What the out-of-place op saves for its backward.
  Saved saved = Saved::input;

  // Whether the output alone gives the derivative, so that the in-place op needs no copy of its
  // input. `rounded` rounds a number to the tensor's dtype: a bound that changes under it (0.1 in
  // bfloat16) can coincide with an inner value. Null: never.
  bool (*output_determines_derivative)(ParameterValues, double (*rounded)(double)) = nullptr;
};

}  // namespace act
