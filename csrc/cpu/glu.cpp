// glu on the CPU and on meta tensors. Its operands are views of the input's halves.
#include "glu.h"

#include <ATen/ops/empty_like.h>
#include <torch/library.h>

#include "../halves.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

void compute(const at::Tensor& result, const Halves& in) {
  for_each_element(
      std::array{result, in.a, in.b},
      [storage = storage_of(result)](const Operands& o) { kernels().glu->value(storage, o); });
}

at::Tensor glu(const at::Tensor& self, int64_t dim) {
  const Halves in = halves(self, dim);
  at::Tensor result = at::empty_like(in.a);
  advise_huge_pages(result.mutable_data_ptr(), result.nbytes());
  compute(result, in);
  return result;
}

at::Tensor& glu_out(const at::Tensor& self, int64_t dim, at::Tensor& out) {
  const Halves in = halves(self, dim);
  check_out("glu", out, self);
  at::native::resize_output(out, in.a.sizes());
  at::assert_no_internal_overlap(out);
  at::assert_no_overlap(out, self);
  compute(out, in);
  return out;
}

at::Tensor glu_backward(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim) {
  const Halves in = halves(self, dim);
  check_same("glu_backward", "grad_output", grad_output, in.a);
  at::Tensor grad_input = at::empty_like(self);
  advise_huge_pages(grad_input.mutable_data_ptr(), grad_input.nbytes());
  if (self.numel() == 0) return grad_input;
  const Halves out = halves(grad_input, dim);
  at::TensorIteratorConfig config;
  config.set_check_mem_overlap(false).check_all_same_dtype(true).resize_outputs(false);
  config.add_output(out.a).add_output(out.b);
  config.add_const_input(grad_output).add_const_input(in.a).add_const_input(in.b);
  config.build().for_each(
      [storage = storage_of(self)](char** data, const int64_t* strides, int64_t columns,
                                   int64_t rows) {
        kernels().glu->backward(storage, Operands{data, strides, columns, rows, /*stream=*/false});
      },
      grain);
  return grad_input;
}

at::Tensor glu_meta(const at::Tensor& self, int64_t dim) {
  return at::empty_like(halves(self, dim).a);
}

at::Tensor& glu_out_meta(const at::Tensor& self, int64_t dim, at::Tensor& out) {
  const Halves in = halves(self, dim);
  check_out("glu", out, self);
  if (out.sym_sizes() != in.a.sym_sizes()) out.resize__symint(in.a.sym_sizes());
  return out;
}

at::Tensor glu_backward_meta(const at::Tensor& grad_output, const at::Tensor& self, int64_t dim) {
  check_same("glu_backward", "grad_output", grad_output, halves(self, dim).a);
  return at::empty_like(self);
}

TORCH_LIBRARY_IMPL(act, CPU, m) {
  m.impl("glu", &glu);
  m.impl("glu.out", &glu_out);
  m.impl("glu_backward", &glu_backward);
}

TORCH_LIBRARY_IMPL(act, Meta, m) {
  m.impl("glu", &glu_meta);
  m.impl("glu.out", &glu_out_meta);
  m.impl("glu_backward", &glu_backward_meta);
}

}  // namespace
}  // namespace act::cpu
