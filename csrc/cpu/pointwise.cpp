// The pointwise ops on the CPU.
#include "../pointwise_kernels.h"
#include "elementwise.h"
#include "half_tables.h"

namespace act::cpu {
namespace {

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }

  static void run(const BoundFormula& formula, Pointwise order, Saved saved, const auto& operands) {
    const Storage storage = storage_of(operands[0]);
    const Kernels& kernel = kernels();
    if (const auto table = half_table(formula, order, saved, storage, operands[0].numel())) {
      return for_each_element(operands, [&](const Operands& o) {
        kernel.pointwise_from_table(formula.index, order, storage, table.get(), o, formula.values);
      });
    }
    for_each_element(operands, [&](const Operands& o) {
      kernel.pointwise(formula.index, order, saved, storage, o, formula.values);
    });
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_op([&]<class Op>() { implement<Op, PointwiseKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
