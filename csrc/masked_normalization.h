// What every kernel of the masked softmax family asks of its arguments, and the family's dispatcher
// handles.
#pragma once

#include <act/softmax_elements.h>

#include <string_view>

#include "normalization.h"

namespace act {

constexpr const char* masked_name_of(Member member) {
  return member == Member::softmax       ? "masked_softmax"
         : member == Member::log_softmax ? "masked_log_softmax"
                                         : "masked_softmin";
}

// The divisor of logits that are computed in the type for results of `dtype`.
inline void check_temperature(const char* op, double temperature, at::ScalarType dtype) {
  const double rounded = dtype == at::kDouble ? temperature : double(float(temperature));
  TORCH_CHECK_VALUE(rounded > 0 && rounded < __builtin_huge_val(), "act::", op,
                    ": expected temperature > 0 and finite",
                    dtype == at::kDouble ? "" : " in float32", ", got ", temperature);
}

// The mask is bool, on self's device, and broadcasts to self's shape.
inline void check_mask(const char* op, const std::optional<at::Tensor>& mask,
                       const at::Tensor& self) {
  if (!mask) return;
  TORCH_CHECK(mask->scalar_type() == at::kBool, "act::", op,
              ": expected a mask of torch.bool (True: the element takes part), got ",
              mask->scalar_type());
  TORCH_CHECK(mask->device() == self.device(), "act::", op,
              ": expected the mask on the device of self, ", self.device(), ", got ",
              mask->device());
  const auto sizes = mask->sym_sizes(), whole = self.sym_sizes();
  bool broadcasts = sizes.size() <= whole.size();
  for (std::size_t d = 0; broadcasts && d < sizes.size(); ++d) {
    broadcasts = sizes[d] == 1 || sizes[d] == whole[whole.size() - sizes.size() + d];
  }
  TORCH_CHECK(broadcasts, "act::", op, ": expected a mask that broadcasts to the shape of self, ",
              whole, ", got ", sizes);
}

inline bool check_empty(const char* op, std::string_view empty) {
  TORCH_CHECK_VALUE(empty == "zero" || empty == "nan", "act::", op,
                    ": expected empty to be 'zero' or 'nan', got '", empty, "'");
  return empty == "nan";
}

// Everything but dim. The result's dtype.
template <Member member>
at::ScalarType check_masked_softmax(const at::Tensor& self, const std::optional<at::Tensor>& mask,
                                    double temperature, std::string_view empty,
                                    std::optional<at::ScalarType> dtype) {
  constexpr const char* name = masked_name_of(member);
  const at::ScalarType type = result_dtype(name, self, dtype);
  check_mask(name, mask, self);
  check_temperature(name, temperature, type);
  check_empty(name, empty);
  return type;
}

template <Member member>
void check_masked_softmax_backward(const at::Tensor& grad_output, const at::Tensor& output,
                                   double temperature, at::ScalarType input_dtype) {
  constexpr const char* name = masked_name_of(member);
  check_softmax_backward(name, grad_output, output, input_dtype);
  check_temperature(name, temperature, output.scalar_type());
}

using OptionalMask = std::optional<at::Tensor>;
using MaskedSoftmaxSignature = at::Tensor(const at::Tensor&, int64_t, const OptionalMask&, double,
                                          std::string_view, std::optional<at::ScalarType>);
using MaskedSoftmaxOutSignature = at::Tensor&(const at::Tensor&, int64_t, const OptionalMask&,
                                              double, std::string_view,
                                              std::optional<at::ScalarType>, at::Tensor&);
using MaskedSoftmaxBackwardSignature = at::Tensor(const at::Tensor&, const at::Tensor&, int64_t,
                                                  double, at::ScalarType);

template <Member member>
const auto& masked_softmax_op() {
  static const auto op = find_op<MaskedSoftmaxSignature>(masked_name_of(member));
  return op;
}
template <Member member>
const auto& masked_softmax_out_op() {
  static const auto op = find_op<MaskedSoftmaxOutSignature>(masked_name_of(member), "out");
  return op;
}
template <Member member>
const auto& masked_softmax_backward_op() {
  static const auto op =
      find_op<MaskedSoftmaxBackwardSignature>(std::string(masked_name_of(member)) + "_backward");
  return op;
}

// Registers one dispatch key's kernels of the family, those that it has.
template <template <Member> class Kernels, class Library>
void implement_masked_softmax(Library& m) {
  const auto implement = [&]<Member member>() {
    const std::string name = masked_name_of(member);
    if constexpr (requires { &Kernels<member>::value; }) {
      m.impl(name.c_str(), &Kernels<member>::value);
    }
    if constexpr (requires { &Kernels<member>::out; }) {
      m.impl((name + ".out").c_str(), &Kernels<member>::out);
    }
    if constexpr (requires { &Kernels<member>::backward; }) {
      m.impl((name + "_backward").c_str(), &Kernels<member>::backward);
    }
  };
  implement.template operator()<Member::softmax>();
  implement.template operator()<Member::log_softmax>();
  implement.template operator()<Member::softmin>();
}

}  // namespace act
