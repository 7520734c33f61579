// Nodes that say what they saved: so it is released when the graph is, and compiled autograd can
// put them into its graph. That asks a node for the tensors it saved and for everything else that
// its result depends on, and later runs it again on other tensors.
#pragma once

#include <ATen/ops/zeros_like.h>
#include <c10/util/SmallVector.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/dynamo/compiled_autograd.h>

#include <mutex>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace act::autograd {

struct SavedTensor {
  torch::autograd::SavedVariable& variable;
  bool is_output;  // of the op whose node this is
};
using SavedTensors = c10::SmallVector<SavedTensor, 4>;

// Derived has, besides what every node has:
//   SavedTensors saved_tensors();
//   auto constants();  // std::tie of the rest: numbers, or structures with collect_into
template <class Derived>
struct CompilableNode : torch::autograd::Node {
  using variable_list = torch::autograd::variable_list;

  void compiled_args(torch::dynamo::autograd::CompiledNodeArgs& args) const override {
    auto& node = const_cast<Derived&>(static_cast<const Derived&>(*this));
    for (const SavedTensor& saved : node.saved_tensors()) {
      args.collect(saved.variable, saved.is_output);
    }
    std::apply([&](const auto&... constant) { (collect(args, constant), ...); }, node.constants());
  }

  void release_variables() override {
    const std::lock_guard<std::mutex> lock(this->mutex_);
    for (const SavedTensor& saved : static_cast<Derived&>(*this).saved_tensors()) {
      saved.variable.reset_data();
    }
  }

  variable_list apply_with_saved(const variable_list& grads,
                                 torch::dynamo::autograd::SwapSavedVariables& swap) override {
    namespace compiled = torch::dynamo::autograd;
    auto& node = static_cast<Derived&>(*this);
    const SavedTensors saved = node.saved_tensors();
    for (const SavedTensor& tensor : saved) swap.before(tensor.variable);

    std::vector<c10::IValue> tensors;
    for (const SavedTensor& tensor : saved) {
      const at::Tensor value = tensor.variable.unpack();
      tensors.push_back(value.defined() ? c10::IValue(value) : c10::IValue());
    }
    const std::vector<at::TypePtr> types(tensors.size(),
                                         c10::OptionalType::create(at::TensorType::get()));
    std::vector<bool> needed;
    for (std::size_t k = 0; k < next_edges().size(); ++k) {
      needed.push_back(task_should_compute_output(k));
    }
    const auto metadata =
        compiled::IValuePacker<std::vector<std::optional<torch::autograd::InputMetadata>>>::pack(
            compiled::get_input_metadata(next_edges()));
    const auto& interface = compiled::getPyCompilerInterface();
    const std::string name = interface->bind_function(
        swap.get_py_compiler(), node.name(), again(values_of(node.constants()), needed), types,
        /*is_custom_function=*/true, /*is_traceable=*/true);
    variable_list results = interface->call_function(swap.get_py_compiler(), "apply_functional",
                                                     name, grads, tensors, metadata);
    for (const SavedTensor& tensor : saved) swap.after(tensor.variable);
    return results;
  }

 protected:
  // Without the gradients that nobody asked for.
  variable_list wanted(variable_list gradients) const {
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (!task_should_compute_output(k)) gradients[k].reset();
    }
    return gradients;
  }

  // And with zeros, of the inputs' shapes, for those of which nothing comes: the graphs of compiled
  // autograd add up what nodes return, and take nothing undefined for a 0.
  variable_list wanted(variable_list gradients, at::TensorList inputs) const {
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      if (!gradients[k].defined() && task_should_compute_output(k)) {
        gradients[k] = at::zeros_like(inputs[k]);
      }
    }
    return wanted(std::move(gradients));
  }

 private:
  template <class T>
  static void collect(torch::dynamo::autograd::CompiledNodeArgs& args, const T& constant) {
    if constexpr (requires { constant.collect_into(args); }) {
      constant.collect_into(args);
    } else {
      args.collect(constant);
    }
  }

  template <class... T>
  static std::tuple<T...> values_of(const std::tuple<T&...>& references) {
    return references;
  }

  // What the graph calls: a new node with the same constants, applied.
  template <class Constants>
  static auto again(Constants constants, std::vector<bool> needed) {
    return [constants = std::move(constants), needed = std::move(needed)](
               const variable_list& grads, const std::vector<c10::IValue>& tensors) {
      auto node = c10::make_intrusive<Derived>();
      node->constants() = constants;
      std::size_t next = 0;
      for (const SavedTensor& saved : node->saved_tensors()) {
        const c10::IValue& tensor = tensors[next++];
        if (tensor.isNone()) continue;
        saved.variable = torch::autograd::SavedVariable(tensor.toTensor(), /*is_output=*/false);
      }
      // An edge says that its gradient is wanted; where it leads to is the graph's affair.
      torch::autograd::edge_list edges;
      for (const bool is_needed : needed) {
        edges.emplace_back(is_needed ? c10::make_intrusive<Derived>() : nullptr, 0);
      }
      node->set_next_edges(std::move(edges));
      return (*node)(variable_list(grads));
    };
  }
};

}  // namespace act::autograd
