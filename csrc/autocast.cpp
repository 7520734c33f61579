// torch.autocast, with torch's own policy for each op. Where torch converts nothing, neither do we,
// and the key falls through. The backward ops run outside of autocast, on what was saved.
#include <ATen/autocast_mode.h>
#include <torch/library.h>

#include "masked_normalization.h"
#include "parametric_ops.h"

namespace act::autocast {
namespace {

using at::Tensor;

// prelu is in torch's list of ops for the lower precision, on both devices.
template <c10::DeviceType device>
Tensor prelu(const Tensor& self, const Tensor& weight) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&)>("prelu");
  const c10::impl::ExcludeDispatchKeyGuard guard(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  const at::ScalarType lower = at::autocast::get_lower_precision_fp_from_device_type(device);
  return op.call(at::autocast::cached_cast(lower, self, device),
                 at::autocast::cached_cast(lower, weight, device));
}

// softplus and the softmax family are in its list for float32, on CUDA alone; a dtype that the
// caller names is kept.
template <c10::DeviceType device>
Tensor softplus(const Tensor& self, const at::Scalar& beta, const at::Scalar& threshold) {
  static const auto op =
      find_op<Tensor(const Tensor&, const at::Scalar&, const at::Scalar&)>("softplus");
  const c10::impl::ExcludeDispatchKeyGuard guard(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  return op.call(at::autocast::cached_cast(at::kFloat, self, device), beta, threshold);
}

template <c10::DeviceType device, Member member>
Tensor softmax(const Tensor& self, int64_t dim, std::optional<at::ScalarType> dtype) {
  const c10::impl::ExcludeDispatchKeyGuard guard(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  if (!dtype && at::autocast::is_eligible(self, device)) dtype = at::kFloat;
  return softmax_op<member>().call(self, dim, dtype);
}

// Ops that torch has not, whose parameters are kept in float32 while the input is of a half type:
// they follow the input, which keeps its dtype.
template <c10::DeviceType device, class Op>
struct Parametric;

template <c10::DeviceType device, template <class> class Formula, int formula, class... W,
          class... P>
struct Parametric<device, ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>> {
  static Tensor value(const Tensor& self, W... tensors, P... numbers) {
    using Op = ParametricOp<Formula, formula, TypeList<W...>, TypeList<P...>>;
    const c10::impl::ExcludeDispatchKeyGuard guard(
        at::autocast::get_autocast_dispatch_key_from_device_type(device));
    const at::ScalarType dtype = self.scalar_type();
    return Op::value().call(self, at::autocast::cached_cast(dtype, tensors, device)..., numbers...);
  }
};

template <c10::DeviceType device>
void implement_parametric_ops(torch::Library& m) {
  for_each_parametric_op(
      [&]<class Op>() { m.impl(Op::declaration.name, &Parametric<device, Op>::value); });
}

template <c10::DeviceType device>
struct Masked {
  template <Member member>
  struct Kernels {
    static Tensor value(const Tensor& self, int64_t dim, const std::optional<Tensor>& mask,
                        double temperature, std::string_view empty,
                        std::optional<at::ScalarType> dtype) {
      const c10::impl::ExcludeDispatchKeyGuard guard(
          at::autocast::get_autocast_dispatch_key_from_device_type(device));
      if (!dtype && at::autocast::is_eligible(self, device)) dtype = at::kFloat;
      return masked_softmax_op<member>().call(self, dim, mask, temperature, empty, dtype);
    }
  };
};

// What torch's product of gate and other factor does with two dtypes: the wider one.
template <c10::DeviceType device>
Tensor gated_pair(const Tensor& gate, const Tensor& other, std::string_view activation,
                  at::ArrayRef<double> parameters) {
  static const auto op =
      find_op<Tensor(const Tensor&, const Tensor&, std::string_view, at::ArrayRef<double>)>(
          "gated_pair");
  const c10::impl::ExcludeDispatchKeyGuard guard(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  const at::ScalarType wider = c10::promoteTypes(gate.scalar_type(), other.scalar_type());
  return op.call(at::autocast::cached_cast(wider, gate, device),
                 at::autocast::cached_cast(wider, other, device), activation, parameters);
}

// The input is what a layer in the lower precision left; the bias, a float32 parameter, is lowered
// to it, as the layer would have done.
template <c10::DeviceType device>
Tensor bias_act(const Tensor& self, const Tensor& bias, std::string_view activation, int64_t dim,
                at::ArrayRef<double> parameters) {
  static const auto op = find_op<Tensor(const Tensor&, const Tensor&, std::string_view, int64_t,
                                        at::ArrayRef<double>)>("bias_act");
  const c10::impl::ExcludeDispatchKeyGuard guard(
      at::autocast::get_autocast_dispatch_key_from_device_type(device));
  return op.call(self, at::autocast::cached_cast(self.scalar_type(), bias, device), activation, dim,
                 parameters);
}

TORCH_LIBRARY_IMPL(act, AutocastCPU, m) {
  constexpr auto cpu = c10::DeviceType::CPU;
  m.impl("prelu", &prelu<cpu>);
  m.impl("gated_pair", &gated_pair<cpu>);
  m.impl("bias_act", &bias_act<cpu>);
  implement_parametric_ops<cpu>(m);
}

TORCH_LIBRARY_IMPL(act, AutocastCUDA, m) {
  constexpr auto cuda = c10::DeviceType::CUDA;
  m.impl("prelu", &prelu<cuda>);
  m.impl("gated_pair", &gated_pair<cuda>);
  m.impl("bias_act", &bias_act<cuda>);
  implement_parametric_ops<cuda>(m);
  m.impl("softplus", &softplus<cuda>);
  m.impl("softmax", &softmax<cuda, Member::softmax>);
  m.impl("log_softmax", &softmax<cuda, Member::log_softmax>);
  m.impl("softmin", &softmax<cuda, Member::softmin>);
  implement_masked_softmax<Masked<cuda>::Kernels>(m);
}

}  // namespace
}  // namespace act::autocast
