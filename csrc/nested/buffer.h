// A nested tensor in the strided layout as its buffer: all elements, one after the other.
#pragma once

#include <ATen/NestedTensorImpl.h>

namespace act::nested {

inline at::Tensor buffer_of(const at::Tensor& nested) {
  return at::native::get_nested_tensor_impl(nested.contiguous())->get_buffer();
}

inline at::Tensor with_buffer(const at::Tensor& like, const at::Tensor& buffer) {
  return at::detail::make_tensor<at::native::NestedTensorImpl>(buffer,
                                                               at::native::get_nested_sizes(like));
}

inline void check_same_sizes(const char* op, const char* name, const at::Tensor& tensor,
                             const at::Tensor& like) {
  TORCH_CHECK(tensor.is_nested() && like.is_nested() &&
                  at::native::get_nested_sizes(tensor).equal(at::native::get_nested_sizes(like)),
              "act::", op, ": expected ", name, " to be nested, with the sizes of the input");
}

}  // namespace act::nested
