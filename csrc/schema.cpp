// Every schema of the namespace act. Those of the lists' ops are written from their
// declarations.
#include <act/formulas/rrelu.h>
#include <torch/library.h>

#include <cstdio>
#include <string>

#include "parametric_ops.h"

namespace act {
namespace {

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.17g", value);
  double shortest = 0;
  for (int digits = 1; digits < 17; ++digits) {
    std::snprintf(text, sizeof(text), "%.*g", digits, value);
    std::sscanf(text, "%lf", &shortest);
    if (shortest == value) break;
  }
  return text;
}

// The arguments after the tensors, as "", ", Scalar alpha=1" or ", *, str approximate='none'".
std::string parameters(const Declaration& declaration) {
  std::string text;
  for (const Parameter& parameter : declaration.parameters) {
    if (parameter.name == nullptr) break;
    text += std::string(", Scalar ") + parameter.name;
    if (!parameter.required) text += "=" + number(parameter.default_value);
  }
  if (declaration.variant_argument != nullptr) {
    text +=
        std::string(", *, str ") + declaration.variant_argument + "='" + declaration.variant + "'";
  }
  return text;
}

// The learned parameters, as ", Tensor alpha, Tensor beta".
template <class Op>
std::string tensors(const std::string& prefix) {
  std::string text;
  for (const char* name : Op::template Formula<float>::tensors) text += ", Tensor " + prefix + name;
  return text;
}

// A keyword-only argument appended to the text of parameters().
std::string with_keyword(const Declaration& declaration, const std::string& argument) {
  const char* marker = declaration.variant_argument == nullptr ? ", *, " : ", ";
  return parameters(declaration) + marker + argument;
}

TORCH_LIBRARY(act, m) {
  const auto pointwise = std::vector<at::Tag>{at::Tag::pointwise, at::Tag::pt2_compliant_tag};
  const auto compliant = std::vector<at::Tag>{at::Tag::pt2_compliant_tag};
  const auto define = [&](const std::string& schema, const std::vector<at::Tag>& tags) {
    m.def(schema.c_str(), tags);
  };

  for_each_op([&]<class Op>() {
    const Declaration& d = Op::declaration;
    const std::string name = d.name;
    const char* saved = Op::takes_is_result ? "Tensor self_or_result" : "Tensor self";
    const std::string after_saved =
        saved + (Op::takes_is_result ? with_keyword(d, "bool is_result=False") : parameters(d));
    define(name + "(Tensor self" + parameters(d) + ") -> Tensor", pointwise);
    define(name + "_(Tensor(a!) self" + parameters(d) + ") -> Tensor(a!)", pointwise);
    define(name + ".out(Tensor self" + with_keyword(d, "Tensor(a!) out") + ") -> Tensor(a!)",
           pointwise);
    define(name + "_backward(Tensor grad_output, " + after_saved + ") -> Tensor", pointwise);
    define(name + "_double_backward(Tensor grad_grad_input, Tensor grad_output, " + after_saved +
               ") -> Tensor",
           pointwise);
  });

  // Two bits for each element of self, in row-major order, four to a byte: of shape
  // (*batch, bytes), where batch are the first batch_dims sizes of self.
  for_each_op_with_two_slopes([&]<class Op>() {
    const Declaration& d = Op::declaration;
    const std::string name = d.name;
    define(name + "_slope_bits(Tensor self" + with_keyword(d, "int batch_dims=0") + ") -> Tensor",
           compliant);
    define(name + "_backward_from_bits(Tensor grad_output, Tensor bits" + parameters(d) +
               ") -> Tensor",
           compliant);
  });

  define("prelu(Tensor self, Tensor weight) -> Tensor", compliant);
  define("prelu_(Tensor(a!) self, Tensor weight) -> Tensor(a!)", compliant);
  define("prelu.out(Tensor self, Tensor weight, *, Tensor(a!) out) -> Tensor(a!)", compliant);
  define("prelu_backward(Tensor grad_output, Tensor self, Tensor weight) -> (Tensor, Tensor)",
         compliant);

  for_each_parametric_op([&]<class Op>() {
    const Declaration& d = Op::declaration;
    const std::string name = d.name;
    const std::string arguments = tensors<Op>("") + parameters(d);
    const std::string gradients = "(Tensor grad_input" + tensors<Op>("grad_") + ")";
    define(name + "(Tensor self" + arguments + ") -> Tensor", compliant);
    define(name + "_(Tensor(a!) self" + arguments + ") -> Tensor(a!)", compliant);
    define(name + ".out(Tensor self" + arguments + ", *, Tensor(a!) out) -> Tensor(a!)", compliant);
    define(name + "_backward(Tensor grad_output, Tensor self" + arguments + ") -> " + gradients,
           compliant);
  });

  const std::string bounds = parameters(formulas::Rrelu<double>::declaration);
  const std::string rrelu = bounds + ", bool training=False, *, Generator? generator=None";
  const std::vector<at::Tag> random{at::Tag::nondeterministic_seeded, at::Tag::pt2_compliant_tag};
  define("rrelu(Tensor self" + rrelu + ") -> Tensor", random);
  define("rrelu_(Tensor(a!) self" + rrelu + ") -> Tensor(a!)", random);
  define("rrelu.out(Tensor self" + rrelu + ", Tensor(a!) out) -> Tensor(a!)", random);
  // Training draws a Philox state, two int64 (seed, offset), and the slopes follow from it: the
  // backward can draw them again instead of reading what was saved. Under vmap there can be a batch
  // of states, one for each index of self's leading dimensions.
  define("philox_state(Tensor like, *, SymInt[] batch=[], Generator? generator=None) -> Tensor",
         random);
  define("rrelu_with_state(Tensor self, Tensor philox_state" + bounds + ") -> Tensor", compliant);
  define("rrelu_with_state_(Tensor(a!) self, Tensor philox_state" + bounds + ") -> Tensor(a!)",
         compliant);
  define("rrelu_with_state.out(Tensor self, Tensor philox_state" + bounds +
             ", *, Tensor(a!) out) -> Tensor(a!)",
         compliant);
  define("rrelu_backward(Tensor grad_output, Tensor self_or_result, Tensor philox_state" + bounds +
             ", *, bool is_result=False) -> Tensor",
         compliant);
  // The result and what its gradient is multiplied by: 1 above 0, NaN at NaN, the slope elsewhere.
  define("rrelu_with_slopes(Tensor self, Tensor philox_state" + bounds +
             ") -> (Tensor result, Tensor slopes)",
         compliant);
  define("rrelu_backward_from_slopes(Tensor grad_output, Tensor slopes) -> Tensor", pointwise);

  // self + -log(-log(u)), u uniform, each element's drawn from the state as rrelu's slopes are.
  define("add_gumbel(Tensor self, Tensor philox_state) -> Tensor", compliant);
  define(
      "gumbel_softmax(Tensor logits, float tau=1.0, bool hard=False, int dim=-1, *, "
      "Generator? generator=None) -> Tensor",
      random);

  define("glu(Tensor self, int dim=-1) -> Tensor", compliant);
  define("glu.out(Tensor self, int dim=-1, *, Tensor(a!) out) -> Tensor(a!)", compliant);
  define("glu_backward(Tensor grad_output, Tensor self, int dim) -> Tensor", compliant);

  // Any activation of the list in glu's place for the sigmoid. The parameters are the activation's,
  // in the order of its own schema.
  const std::string activation = ", str activation, *, ", values = "float[] parameters=[]";
  const std::string halves = activation + "str layout='first', int dim=-1, " + values;
  define("gated(Tensor self" + halves + ") -> Tensor", compliant);
  define("gated.out(Tensor self" + halves + ", Tensor(a!) out) -> Tensor(a!)", compliant);
  define("gated_backward(Tensor grad_output, Tensor self" + halves + ") -> Tensor", compliant);
  define("gated_pair(Tensor gate, Tensor other" + activation + values + ") -> Tensor", pointwise);
  define("gated_pair.out(Tensor gate, Tensor other" + activation + values +
             ", Tensor(a!) out) -> Tensor(a!)",
         pointwise);
  define("gated_pair_backward(Tensor grad_output, Tensor gate, Tensor other" + activation + values +
             ") -> (Tensor, Tensor)",
         pointwise);

  const std::string along = activation + "int dim=-1, " + values;
  define("bias_act(Tensor self, Tensor bias" + along + ") -> Tensor", compliant);
  define("bias_act.out(Tensor self, Tensor bias" + along + ", Tensor(a!) out) -> Tensor(a!)",
         compliant);
  define("bias_act_backward(Tensor grad_output, Tensor self_or_result, Tensor bias" + along +
             ", bool is_result=False) -> (Tensor, Tensor)",
         compliant);

  for (const std::string name : {"softmax", "log_softmax", "softmin"}) {
    define(name + "(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor", compliant);
    define(
        name +
            ".out(Tensor self, int dim, *, ScalarType? dtype=None, Tensor(a!) out) -> Tensor(a!)",
        compliant);
    define(name +
               "_backward(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype)"
               " -> Tensor",
           compliant);

    // Of self / temperature, over the elements where mask, broadcast to self, is true; absent ones
    // are as if they were not there. `empty` is what rows without any element give, "zero" (a
    // probability of 0) or "nan".
    const std::string masked =
        "(Tensor self, int dim, *, Tensor? mask=None, float temperature=1.0, str empty='zero', "
        "ScalarType? dtype=None";
    define("masked_" + name + masked + ") -> Tensor", compliant);
    define("masked_" + name + ".out" + masked + ", Tensor(a!) out) -> Tensor(a!)", compliant);
    define("masked_" + name +
               "_backward(Tensor grad_output, Tensor output, int dim, float temperature, "
               "ScalarType input_dtype) -> Tensor",
           compliant);
  }
}

}  // namespace
}  // namespace act
