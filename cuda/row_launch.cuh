// From rows of some dtype to the kernel that suits them.
#pragma once

#include "row_access.cuh"

namespace act::cuda {

// Calls run.operator()<Half, Float>(): the dtype that may be half precision where the other is
// float32, or the same one twice.
template <class Run>
cudaError_t dispatch_pair(Storage half, Storage other, Run run) {
  if (half == other) {
    return dispatch_storage(half, [&]<class S>() { return run.template operator()<S, S>(); });
  }
  if (other != Storage::float32) return cudaErrorInvalidValue;
  if (half == Storage::bfloat16) return run.template operator()<BFloat16Bits, float>();
  if (half == Storage::float16) return run.template operator()<HalfBits, float>();
  return cudaErrorInvalidValue;
}

template <int operands>
using RowKernel = void (*)(RowPlaces<operands>, bool);

// The kernels for rows of the three extents.
template <int operands>
struct RowKernels {
  RowKernel<operands> few, many, any;
};

template <int operands>
cudaError_t launch_rows(const RowKernels<operands>& kernels, int width, const Rows& rows,
                        bool negate, cudaStream_t stream) {
  if (rows.size == 0 || rows.count() == 0) return cudaSuccess;
  const RowPlan plan = plan_rows(rows, operands, width);
  if (rows.dims > max_row_dims || plan.blocks > INT32_MAX) return cudaErrorInvalidValue;
  const RowKernel<operands> kernel = plan.extent == Extent::few    ? kernels.few
                                     : plan.extent == Extent::many ? kernels.many
                                                                   : kernels.any;
  const dim3 block(static_cast<unsigned>(plan.columns), static_cast<unsigned>(plan.lanes),
                   static_cast<unsigned>(plan.groups));
  kernel<<<static_cast<unsigned>(plan.blocks), block, 0, stream>>>(RowPlaces<operands>(rows, plan),
                                                                   negate);
  return cudaGetLastError();
}

}  // namespace act::cuda
