#include "pointwise_ops.h"

#include <ATen/core/Formatting.h>
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

namespace act {
namespace {

double number(int op, const char* parameter, const at::Scalar& value) {
  TORCH_CHECK(!value.isComplex(), "act::", declaration_of(op).name, ": expected ", parameter,
              " to be a real number, got ", value);
  return value.toDouble();
}

BoundFormula checked(int op, ParameterValues values) {
  const Declaration& d = declaration_of(op);
  if (d.accepts != nullptr && !d.accepts(values)) {
    if (d.parameters[1].name != nullptr) {
      TORCH_CHECK_VALUE(false, "act::", d.name, ": expected ", d.requirement, ", got ",
                        d.parameters[0].name, "=", values.first, ", ", d.parameters[1].name, "=",
                        values.second);
    }
    TORCH_CHECK_VALUE(false, "act::", d.name, ": expected ", d.requirement, ", got ",
                      d.parameters[0].name, "=", values.first);
  }
  return {op, values};
}

template <class Stored>
double rounded_as(double x) {
  return static_cast<double>(static_cast<Stored>(static_cast<float>(x)));
}

}  // namespace

BoundFormula bind(int op) { return {op, {}}; }

BoundFormula bind(int op, const at::Scalar& first) {
  return checked(op, {number(op, declaration_of(op).parameters[0].name, first), 0});
}

BoundFormula bind(int op, const at::Scalar& first, const at::Scalar& second) {
  return checked(op, {number(op, declaration_of(op).parameters[0].name, first),
                      number(op, declaration_of(op).parameters[1].name, second)});
}

BoundFormula bind(int op, std::string_view variant) {
  const Declaration& d = declaration_of(op);
  std::string known;
  for (int formula = op; formula < Activations::size; ++formula) {
    const Declaration& candidate = declaration_of(formula);
    if (!equal(candidate.name, d.name)) continue;
    if (candidate.variant == variant) return {formula, {}};
    known += std::string(known.empty() ? "'" : ", '") + candidate.variant + "'";
  }
  TORCH_CHECK(false, "act::", d.name, ": expected ", d.variant_argument, " to be one of ", known,
              ", got '", variant, "'");
}

bool output_determines_derivative(const BoundFormula& formula, at::ScalarType dtype) {
  const auto determines = declaration_of(formula.index).output_determines_derivative;
  if (determines == nullptr) return false;
  switch (dtype) {
    case at::kBFloat16:
      return determines(formula.values, rounded_as<c10::BFloat16>);
    case at::kHalf:
      return determines(formula.values, rounded_as<c10::Half>);
    case at::kFloat:
      return determines(formula.values, rounded_as<float>);
    default:
      return determines(formula.values, [](double x) { return x; });
  }
}

}  // namespace act
