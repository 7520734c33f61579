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

std::string activation_name(const Declaration& declaration) {
  const std::string name = declaration.name;
  for (const Declaration* first : Activations::declarations) {
    if (equal(first->name, declaration.name)) {
      return first == &declaration ? name : name + "_" + declaration.variant;
    }
  }
  return name;
}

namespace {

// The same as activation_name(d) == name, but without making it.
bool is_named(int formula, std::string_view name) {
  const Declaration& d = declaration_of(formula);
  const std::string_view of_op = d.name;
  if (!name.starts_with(of_op)) return false;
  name.remove_prefix(of_op.size());
  if (name.empty()) return detail::is_first_of_its_op(formula);
  return d.variant != nullptr && name.front() == '_' && name.substr(1) == d.variant;
}

}  // namespace

BoundFormula find_activation(const char* op, std::string_view activation,
                             at::ArrayRef<double> parameters) {
  int formula = 0;
  while (formula < Activations::size && !is_named(formula, activation)) ++formula;
  if (formula == Activations::size) {
    std::string known;
    for (const Declaration* d : Activations::declarations) {
      known += (known.empty() ? "'" : ", '") + activation_name(*d) + "'";
    }
    TORCH_CHECK_VALUE(false, "act::", op, ": expected activation to be one of ", known, ", got '",
                      activation, "'");
  }
  const Declaration& d = declaration_of(formula);
  const auto count = static_cast<std::size_t>(parameter_count(d));
  TORCH_CHECK_VALUE(parameters.size() <= count, "act::", op, ": expected at most ", count,
                    " parameters for ", d.name, ", got ", parameters.size());
  double values[2] = {};
  for (std::size_t k = 0; k < count; ++k) {
    const Parameter& parameter = d.parameters[k];
    TORCH_CHECK_VALUE(k < parameters.size() || !parameter.required, "act::", op, ": expected ",
                      count, " parameters for ", d.name, ", which has no default for ",
                      parameter.name, ", got ", parameters.size());
    values[k] = k < parameters.size() ? parameters[k] : parameter.default_value;
  }
  if (count == 2) return {formula, check_parameters(d, {values[0], values[1]})};
  return {formula, count == 1 ? check_parameters(d, {values[0]}) : ParameterValues{}};
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
