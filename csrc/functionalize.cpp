// In-place and out= ops without mutation, for what traces a program as a function of its inputs:
// torch.compile, torch.export, torch.func.functionalize. Each becomes its functional op, whose
// result replaces what was to be written. torch does this for its own ops alone, and refuses
// others whose result aliases an argument.
#include <ATen/FunctionalTensorWrapper.h>
#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <torch/library.h>

#include <string>
#include <vector>

#include "checks.h"
#include "parametric_ops.h"

namespace act {
namespace {

namespace functionalization = at::functionalization::impl;

bool is_out(const c10::FunctionSchema& schema) { return schema.overload_name() == "out"; }

// gelu_ and gelu.out are both gelu, whose arguments are theirs but for `out`.
c10::OperatorHandle functional_op(const c10::FunctionSchema& schema) {
  std::string name = schema.name();
  if (!is_out(schema)) name.pop_back();
  return c10::Dispatcher::singleton().findSchemaOrThrow(name.c_str(), "");
}

at::Tensor result_of(const c10::OperatorHandle& op, std::vector<c10::IValue> arguments) {
  for (c10::IValue& argument : arguments) {
    if (!argument.isTensor() || !functionalization::isFunctionalTensor(argument.toTensor())) {
      continue;
    }
    functionalization::sync(argument.toTensor());
    argument = functionalization::from_functional_tensor(argument.toTensor());
  }
  const at::AutoDispatchSkipFunctionalize guard;
  op.callBoxed(arguments);
  return arguments.front().toTensor();
}

void functionalize(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  std::vector<c10::IValue> arguments = torch::jit::pop(*stack, schema.arguments().size());
  const at::Tensor written = (is_out(schema) ? arguments.back() : arguments.front()).toTensor();
  if (!functionalization::isFunctionalTensor(written)) {
    for (const c10::IValue& argument : arguments) {
      TORCH_CHECK(
          !argument.isTensor() || !functionalization::isFunctionalTensor(argument.toTensor()),
          schema.name(), ": a tensor outside of the functionalized program would be written ",
          "with what is computed inside of it");
    }
    const at::AutoDispatchSkipFunctionalize guard;
    for (c10::IValue& argument : arguments) stack->push_back(std::move(argument));
    return op.callBoxed(stack);
  }
  if (is_out(schema)) arguments.pop_back();
  const at::Tensor result = result_of(functional_op(schema), std::move(arguments));
  if (is_out(schema)) {
    const std::string name = schema.name().substr(std::string("act::").size());
    check_out(name.c_str(), written, result);
    if (written.sym_sizes() != result.sym_sizes()) written.resize__symint(result.sym_sizes());
  }
  functionalization::replace_(written, result);
  functionalization::commit_update(written);
  functionalization::sync(written);
  stack->emplace_back(written);
}

TORCH_LIBRARY_IMPL(act, Functionalize, m) {
  std::vector<std::string> names{"prelu_",
                                 "prelu.out",
                                 "rrelu_with_state_",
                                 "rrelu_with_state.out",
                                 "glu.out",
                                 "gated.out",
                                 "gated_pair.out",
                                 "bias_act.out",
                                 "softmax.out",
                                 "log_softmax.out",
                                 "softmin.out",
                                 "masked_softmax.out",
                                 "masked_log_softmax.out",
                                 "masked_softmin.out"};
  const auto add = [&]<class Op>() {
    names.push_back(std::string(Op::declaration.name) + "_");
    names.push_back(std::string(Op::declaration.name) + ".out");
  };
  for_each_op(add);
  for_each_parametric_op(add);
  for (const std::string& name : names) {
    m.impl(name.c_str(), torch::CppFunction::makeFromBoxedFunction<&functionalize>());
  }
}

}  // namespace
}  // namespace act
