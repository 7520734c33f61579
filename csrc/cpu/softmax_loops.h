// The softmax family for all layouts and dtypes: included once for each instruction set.
#pragma once

#include "softmax_single.h"
#include "softmax_walk.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

inline void softmax(const Rows& rows, Normalization normalization, bool negate, std::int64_t begin,
                    std::int64_t end) {
  dispatch_arithmetic(
      rows.operands[1].storage, is_half(rows.operands[0].storage),
      [&]<class T, class Accumulator>() {
        if (rows.single) return softmax_of_single<T>(rows, normalization, begin, end);
        const auto run = [&]<bool logarithm>() {
          softmax_as<T, Accumulator, logarithm, PlainRows<T>, PlainPanel>(rows, negate, begin, end);
        };
        normalization == Normalization::log_softmax ? run.template operator()<true>()
                                                    : run.template operator()<false>();
      });
}

inline void softmax_backward(const Rows& rows, Normalization normalization, bool negate,
                             std::int64_t begin, std::int64_t end) {
  const Storage grad = rows.operands[1].storage;
  dispatch_arithmetic(grad, is_half(grad), [&]<class T, class Accumulator>() {
    const T sign = negate ? T(-1) : T(1);
    const auto run = [&]<bool logarithm>() {
      if (rows.single) {
        softmax_backward_of_single<T, Accumulator, logarithm>(rows, sign, begin, end);
      } else {
        softmax_backward_as<T, Accumulator, logarithm, EveryElement>(rows, sign, begin, end);
      }
    };
    normalization == Normalization::log_softmax ? run.template operator()<true>()
                                                : run.template operator()<false>();
  });
}

extern const SoftmaxKernels softmax_kernels{softmax, softmax_backward, granularity<EveryElement>};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
