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

// How: what a kernel is told besides where its rows lie.
template <int operands, class How>
using RowKernel = void (*)(RowPlaces<operands>, How);

// The kernels for rows of the three extents.
template <int operands, class How>
struct RowKernels {
  RowKernel<operands, How> few, many, any;
};

// The first `planned` operands decide how the rows are computed.
template <int operands, class How>
cudaError_t launch_rows(const RowKernels<operands, How>& kernels, int width, const Rows& rows,
                        const How& how, cudaStream_t stream, int planned = operands) {
  if (rows.size == 0 || rows.count() == 0) return cudaSuccess;
  const RowPlan plan = plan_rows(rows, planned, width);
  if (rows.dims > max_row_dims || plan.blocks > INT32_MAX) return cudaErrorInvalidValue;
  const RowKernel<operands, How> kernel = plan.extent == Extent::few    ? kernels.few
                                          : plan.extent == Extent::many ? kernels.many
                                                                        : kernels.any;
  const dim3 block(static_cast<unsigned>(plan.columns), static_cast<unsigned>(plan.lanes),
                   static_cast<unsigned>(plan.groups));
  kernel<<<static_cast<unsigned>(plan.blocks), block, 0, stream>>>(RowPlaces<operands>(rows, plan),
                                                                   how);
  return cudaGetLastError();
}

}  // namespace act::cuda
