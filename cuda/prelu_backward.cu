#include "prelu_backward.h"
#include "prelu_backward_columns.cuh"
#include "prelu_backward_rows.cuh"
#include "prelu_backward_strided.cuh"

namespace act::cuda {
namespace {

bool begin_vectors(const DensePreluBackward& b) {
  return begins_pack(b.grad_input) && begins_pack(b.grad_output) && begins_pack(b.x);
}

bool has_rows(const DensePreluBackward& b) { return b.layout.inner >= warp_size; }

template <class Stored>
bool has_vectors(const DensePreluBackward& b) {
  if (!begin_vectors(b)) return false;
  if (has_rows(b)) return Rows(b).keep_alignment(lanes<Stored>);
  return b.layout.channels * b.layout.inner % lanes<Stored> == 0;
}

template <class Stored, int width>
cudaError_t launch_dense(const DensePreluBackward& b, double* sums, cudaStream_t stream) {
  return has_rows(b) ? launch_rows<Stored, width>(b, sums, stream)
                     : launch_columns<Stored, width>(b, sums, stream);
}

}  // namespace

std::int64_t prelu_backward_sums(Storage storage, const DensePreluBackward& b) {
  return dispatch_storage(storage, [&]<class Stored>() -> std::int64_t {
    if (has_rows(b)) return Rows(b).sums();
    return Columns(b, has_vectors<Stored>(b) ? lanes<Stored> : 1).sums();
  });
}

std::int64_t prelu_backward_sums(const StridedPreluBackward& b) {
  return StridedLaunches(b).sums_of_channel() * b.weights.channels;
}

cudaError_t prelu_backward(Storage storage, const DensePreluBackward& b, double* sums,
                           cudaStream_t stream) {
  return dispatch_storage(storage, [&]<class Stored>() {
    return has_vectors<Stored>(b) ? launch_dense<Stored, lanes<Stored>>(b, sums, stream)
                                  : launch_dense<Stored, 1>(b, sums, stream);
  });
}

cudaError_t prelu_backward(Storage storage, const StridedPreluBackward& b, double* sums,
                           cudaStream_t stream) {
  return dispatch_storage(
      storage, [&]<class Stored>() { return launch_strided_backward<Stored>(b, sums, stream); });
}

}  // namespace act::cuda
