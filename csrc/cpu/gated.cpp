// Gated activations on the CPU and on meta tensors. Gate and other factor are two operands: views
// of one tensor's halves, or two tensors.
#include "gated.h"

#include <ATen/ops/empty_like.h>

#include "../gated_kernels.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

struct Device {
  static constexpr bool has_memory = true;
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_like(const at::Tensor& self) {
    at::Tensor result = at::empty_like(self);
    advise_huge_pages(result);
    return result;
  }

  static void resize(const at::Tensor& out, const at::Tensor& like) {
    at::native::resize_output(out, like.sizes());
  }

  static void value(const BoundFormula& formula, const at::Tensor& result, const at::Tensor& gate,
                    const at::Tensor& other) {
    for_each_element(std::array{result, gate, other},
                     [&, storage = storage_of(result)](const Operands& o) {
                       kernels().gated->value(formula.index, storage, o, formula.values);
                     });
  }

  static void backward(const BoundFormula& formula, const at::Tensor& grad_gate,
                       const at::Tensor& grad_other, const at::Tensor& grad_output,
                       const at::Tensor& gate, const at::Tensor& other) {
    if (gate.numel() == 0) return;
    at::TensorIteratorConfig config;
    config.set_check_mem_overlap(false).check_all_same_dtype(true).resize_outputs(false);
    config.add_output(grad_gate).add_output(grad_other);
    config.add_const_input(grad_output).add_const_input(gate).add_const_input(other);
    config.build().for_each(
        [&, storage = storage_of(gate)](char** data, const int64_t* strides, int64_t columns,
                                        int64_t rows) {
          kernels().gated->backward(formula.index, storage,
                                    Operands{data, strides, columns, rows, /*stream=*/false},
                                    formula.values);
        },
        grain);
  }
};

struct Meta {
  static constexpr bool has_memory = false;
  using Guard = Device::Guard;

  static at::Tensor empty_like(const at::Tensor& self) { return at::empty_like(self); }
  static void resize(at::Tensor& out, const at::Tensor& like) {
    if (out.sym_sizes() != like.sym_sizes()) out.resize__symint(like.sym_sizes());
  }
  static void value(const BoundFormula&, const at::Tensor&, const at::Tensor&, const at::Tensor&) {}
  static void backward(const BoundFormula&, const at::Tensor&, const at::Tensor&, const at::Tensor&,
                       const at::Tensor&, const at::Tensor&) {}
};

TORCH_LIBRARY_IMPL(act, CPU, m) { GatedKernelsOf<Device>::implement(m); }
TORCH_LIBRARY_IMPL(act, Meta, m) { GatedKernelsOf<Meta>::implement(m); }

}  // namespace
}  // namespace act::cpu
