// The masked softmax family for all layouts and dtypes: included once for each instruction set.
#pragma once

#include "masked_softmax.h"
#include "softmax_walk.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline void masked_softmax(const Rows& rows, Normalization normalization, const Logits& logits,
                           std::int64_t begin, std::int64_t end) {
  dispatch_arithmetic(rows.operands[1].storage, is_half(rows.operands[0].storage),
                      [&]<class T, class Accumulator>() {
                        const auto run = [&]<bool logarithm>() {
                          softmax_as<T, Accumulator, logarithm, MaskedRows<T>, MaskedPanel>(
                              rows, logits, begin, end);
                        };
                        normalization == Normalization::log_softmax
                            ? run.template operator()<true>()
                            : run.template operator()<false>();
                      });
}

inline void masked_softmax_backward(const Rows& rows, Normalization normalization,
                                    const Logits& logits, std::int64_t begin, std::int64_t end) {
  const Storage grad = rows.operands[1].storage;
  dispatch_arithmetic(grad, is_half(grad), [&]<class T, class Accumulator>() {
    const T factor = gradient_factor<T>(logits);
    normalization == Normalization::log_softmax
        ? softmax_backward_as<T, Accumulator, true, PresentElements>(rows, factor, begin, end)
        : softmax_backward_as<T, Accumulator, false, PresentElements>(rows, factor, begin, end);
  });
}

extern const MaskedSoftmaxKernels masked_softmax_kernels{masked_softmax, masked_softmax_backward,
                                                         granularity<PresentElements>};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
