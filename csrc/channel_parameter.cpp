#include "channel_parameter.h"

#include <ATen/ExpandUtils.h>

#include <vector>

namespace act {

void check_channel_parameter(const char* op, const char* name, const at::Tensor& parameter,
                             const at::Tensor& self) {
  TORCH_CHECK(parameter.scalar_type() == self.scalar_type(), "act::", op, ": expected ", name,
              " to have the dtype of the input, ", self.scalar_type(), ", got ",
              parameter.scalar_type());
  TORCH_CHECK(parameter.device() == self.device(), "act::", op, ": expected ", name,
              " to be on the device of the input, ", self.device(), ", got ", parameter.device());
  check_channel_sizes(op, name, parameter.sym_sizes(), self.sym_sizes());
}

void check_channel_sizes(const char* op, const char* name, c10::SymIntArrayRef parameter,
                         c10::SymIntArrayRef self) {
  TORCH_CHECK(parameter.size() <= 1, "act::", op, ": expected ", name,
              " to have 0 or 1 dimensions, got shape ", parameter);
  if (parameter.empty() || parameter[0] == 1) return;
  TORCH_CHECK(!self.empty(), "act::", op, ": expected ", name,
              " to have one element for an input without dimensions, got ", parameter[0]);
  const c10::SymInt channels = self.size() > 1 ? self[1] : c10::SymInt(1);
  TORCH_CHECK(parameter[0] == channels, "act::", op, ": expected ", name, " to have 1 or ",
              channels, " elements, one for each channel (dimension 1) of an input of shape ", self,
              ", got ", parameter[0]);
}

at::Tensor along_channels(const at::Tensor& parameter, const at::Tensor& self) {
  if (parameter.dim() == 0 || parameter.sym_size(0) == 1) return parameter.reshape_symint({});
  std::vector<c10::SymInt> sizes(static_cast<std::size_t>(self.dim()), 1);
  sizes[self.dim() > 1 ? 1 : 0] = parameter.sym_size(0);
  return parameter.reshape_symint(sizes);
}

at::Tensor sum_to_parameter(const at::Tensor& full, const at::Tensor& parameter) {
  return at::sum_to(full, along_channels(parameter, full).sym_sizes())
      .reshape_symint(parameter.sym_sizes());
}

}  // namespace act
