// Everything that is compiled once for each instruction set. No torch header, and no inline
// function of the standard library: the linker would keep one instruction set's copy of it for all.
#pragma once

#include "bias_act.h"
#include "gated.h"
#include "gumbel_loops.h"
#include "masked_softmax.h"
#include "pointwise_loops.h"
#include "prelu_loops.h"
#include "rrelu_loops.h"
#include "slope_bits_loops.h"
#include "softmax.h"
#include "table_loops.h"

namespace act::cpu::ACT_INSTRUCTION_SET {

template const LoopsOf<float>& activation_loops<float>(int);
template const LoopsOf<double>& activation_loops<double>(int);

extern const Kernels kernels{pointwise,
                             tabulate,
                             pointwise_from_table,
                             slope_bits,
                             backward_from_bits,
                             prelu,
                             prelu_backward,
                             rrelu,
                             rrelu_backward,
                             rrelu_with_slopes,
                             rrelu_backward_from_slopes,
                             add_gumbel,
                             &softmax_kernels,
                             &masked_softmax_kernels,
                             &gated_kernels,
                             &bias_act_kernels};

}  // namespace act::cpu::ACT_INSTRUCTION_SET
