// One backward with sums over channels, from what it does to one element.
//
// Gradient has: Stored, the dtype in memory; and double operator()(Stored grad_output, Stored x, T
// value, Stored& grad_input) const, which writes grad_input and returns what is added to the
// channel's sum; T is the type that is computed in, value the channel's.
#pragma once

#include "channel_backward_columns.cuh"
#include "channel_backward_rows.cuh"
#include "channel_backward_strided.cuh"

namespace act::cuda {

inline bool has_rows(const DenseChannelBackward& b) { return b.layout.inner >= warp_size; }

template <class Stored>
bool has_vectors(const DenseChannelBackward& b) {
  if (!begins_pack(b.grad_input) || !begins_pack(b.grad_output) || !begins_pack(b.x)) return false;
  if (has_rows(b)) return Rows(b).keep_alignment(lanes<Stored>);
  return b.layout.channels * b.layout.inner % lanes<Stored> == 0;
}

template <class Gradient, int width>
cudaError_t launch_dense_backward(const Gradient& gradient, const DenseChannelBackward& b,
                                  double* sums, cudaStream_t stream) {
  return has_rows(b) ? launch_rows<Gradient, width>(gradient, b, sums, stream)
                     : launch_columns<Gradient, width>(gradient, b, sums, stream);
}

template <class Gradient>
cudaError_t launch_channel_backward(const Gradient& gradient, const DenseChannelBackward& b,
                                    double* sums, cudaStream_t stream) {
  using Stored = typename Gradient::Stored;
  return has_vectors<Stored>(b)
             ? launch_dense_backward<Gradient, lanes<Stored>>(gradient, b, sums, stream)
             : launch_dense_backward<Gradient, 1>(gradient, b, sums, stream);
}

template <class Gradient>
cudaError_t launch_channel_backward(const Gradient& gradient, const StridedChannelBackward& b,
                                    double* sums, cudaStream_t stream) {
  return launch_strided_backward(gradient, b, sums, stream);
}

}  // namespace act::cuda
