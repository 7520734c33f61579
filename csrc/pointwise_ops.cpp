#include "pointwise_ops.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include "checks.h"

namespace act {
namespace {

template <class Stored>
double rounded_as(double x) {
  return static_cast<double>(static_cast<Stored>(static_cast<float>(x)));
}

}  // namespace

BoundFormula bind(int op) { return {op, {}}; }

BoundFormula bind(int op, const at::Scalar& first) {
  return {op, check_parameters(declaration_of(op), {first})};
}

BoundFormula bind(int op, const at::Scalar& first, const at::Scalar& second) {
  return {op, check_parameters(declaration_of(op), {first, second})};
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
