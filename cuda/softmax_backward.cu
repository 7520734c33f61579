#include "row_launch.cuh"
#include "softmax_backward.cuh"

namespace act::cuda {
namespace {

template <class In, class Out, bool logarithm>
constexpr RowKernels<3> kernels_of() {
  constexpr bool is_double = sizeof(opmath_t<In>) == sizeof(double);
  constexpr int few = few_elements(is_double), many = many_elements(is_double);
  return {softmax_backward_in_registers<In, Out, logarithm, few>,
          softmax_backward_in_registers<In, Out, logarithm, many>,
          softmax_backward_online<In, Out, logarithm, many / 2>};
}

}  // namespace

cudaError_t softmax_backward(const Rows& rows, Normalization normalization, bool negate,
                             cudaStream_t stream) {
  return dispatch_pair(rows.operands[0].storage, rows.operands[1].storage,
                       [&]<class Out, class In>() {
                         const RowKernels<3> kernels = normalization == Normalization::log_softmax
                                                           ? kernels_of<In, Out, true>()
                                                           : kernels_of<In, Out, false>();
                         return launch_rows(kernels, common_width<In, Out>, rows, negate, stream);
                       });
}

}  // namespace act::cuda
