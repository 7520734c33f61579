// The pointwise ops on the CPU.
#include "../pointwise_kernels.h"
#include "elementwise.h"

namespace act::cpu {
namespace {

struct Device {
  struct Guard {
    explicit Guard(at::Device) {}
  };

  static at::Tensor empty_result(const at::Tensor& self) { return cpu::empty_result(self); }

  static void run(const BoundFormula& formula, Pointwise order, Saved saved, const auto& operands) {
    const Storage storage = storage_of(operands[0]);
    const auto kernel = kernels().pointwise;
    for_each_element(operands, [&](const Operands& o) {
      kernel(formula.index, order, saved, storage, o, formula.values);
    });
  }
};

TORCH_LIBRARY_IMPL(act, CPU, m) {
  for_each_op([&]<class Op>() { implement<Op, PointwiseKernels<Device, Op>>(m); });
}

}  // namespace
}  // namespace act::cpu
