// A device that is the CPU under another name, for torch's key PrivateUse1. Its tensors have memory
// of their own; an op runs the CPU's kernel on that memory. What a GPU refuses it refuses as well:
// tensors of both devices in one call, and reading a tensor without copying it to the CPU first.
#include <ATen/EmptyTensor.h>
#include <ATen/NativeFunctions.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/empty_strided.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>

#include <map>
#include <set>

namespace stand_in {
namespace {

constexpr auto device_type = c10::DeviceType::PrivateUse1;

class Allocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = bytes == 0 ? nullptr : c10::alloc_cpu(bytes);
    return {data, data, &c10::free_cpu, c10::Device(device_type, 0)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};
Allocator allocator;
REGISTER_ALLOCATOR(device_type, &allocator)

struct Guard final : c10::impl::NoOpDeviceGuardImpl<device_type> {
  c10::Device getDevice() const override { return {device_type, 0}; }
  c10::Device exchangeDevice(c10::Device) const override { return {device_type, 0}; }
  c10::Stream getStream(c10::Device) const noexcept override {
    return c10::Stream(c10::Stream::DEFAULT, c10::Device(device_type, 0));
  }
};
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard)

struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return false; }
  c10::DeviceIndex deviceCount() const override { return 1; }
  c10::DeviceIndex getCurrentDevice() const override { return 0; }
  const at::Generator& getDefaultGenerator(c10::DeviceIndex) const override {
    return at::globalContext().defaultGenerator(at::kCPU);
  }
  at::Generator getNewGenerator(c10::DeviceIndex) const override {
    return at::globalContext().defaultGenerator(at::kCPU).clone();
  }
};

bool is_here(const at::Tensor& tensor) {
  return tensor.defined() && tensor.device().type() == device_type;
}

// The same memory as the CPU's, which may be resized: then it is other memory.
c10::Storage alias_of(const c10::Storage& here) {
  return c10::Storage(c10::Storage::use_byte_size_t(), here.nbytes(),
                      c10::DataPtr(here.mutable_data(), c10::Device(at::kCPU)),
                      c10::GetAllocator(at::kCPU), /*resizable=*/true);
}

at::Tensor on_cpu(const at::Tensor& tensor, c10::Storage alias) {
  at::Tensor result = at::detail::make_tensor<c10::TensorImpl>(
      std::move(alias), c10::DispatchKeySet(c10::DispatchKey::CPU), tensor.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(tensor.sizes(), tensor.strides(),
                                                      tensor.storage_offset());
  if (tensor.is_conj()) result._set_conj(true);
  if (tensor.is_neg()) result._set_neg(true);
  return result;
}

at::Tensor on_cpu(const at::Tensor& tensor) { return on_cpu(tensor, alias_of(tensor.storage())); }

at::Tensor empty_strided(c10::IntArrayRef sizes, c10::IntArrayRef strides,
                         std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                         std::optional<at::Device>, std::optional<bool>) {
  return at::detail::empty_strided_generic(sizes, strides, &allocator,
                                           c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                           c10::dtype_or_default(dtype));
}

at::Tensor empty(c10::IntArrayRef sizes, std::optional<at::ScalarType> dtype,
                 std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>,
                 std::optional<at::MemoryFormat> format) {
  return at::detail::empty_generic(sizes, &allocator,
                                   c10::DispatchKeySet(c10::DispatchKey::PrivateUse1),
                                   c10::dtype_or_default(dtype), format);
}

at::Tensor as_strided(const at::Tensor& self, c10::IntArrayRef sizes, c10::IntArrayRef strides,
                      std::optional<int64_t> offset) {
  return at::native::as_strided_tensorimpl(self, sizes, strides, offset);
}

at::Tensor copy_from(const at::Tensor& self, const at::Tensor& to, bool) {
  const at::Tensor source = is_here(self) ? on_cpu(self) : self;
  at::Tensor target = is_here(to) ? on_cpu(to) : to;
  target.copy_(source);
  return to;
}

at::Scalar local_scalar(const at::Tensor& self) { return on_cpu(self).item(); }

const at::Tensor& resize(const at::Tensor& self, c10::IntArrayRef sizes,
                         std::optional<at::MemoryFormat> format) {
  return at::native::resize_(self, sizes, format);
}

at::Tensor from_cpu(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  at::Tensor result = at::empty_strided(tensor.sizes(), tensor.strides(),
                                        tensor.options().device(c10::Device(device_type, 0)));
  on_cpu(result).copy_(tensor);
  return result;
}

// The arguments of one call with CPU tensors in the place of ours.
class Call {
 public:
  Call(const c10::OperatorHandle& op, torch::jit::Stack* stack) : op_(op), stack_(stack) {
    const std::size_t count = op.schema().arguments().size();
    for (std::size_t k = stack->size() - count; k < stack->size(); ++k) enter((*stack)[k]);
    // As on a GPU: a tensor of the CPU is welcome only as a number.
    TORCH_CHECK(!(any_here_ && any_elsewhere_) || may_mix(),
                "Expected all tensors to be on the same device, but found at least two devices, ",
                c10::Device(device_type, 0), " and cpu! (when calling ", op.schema().name(), ")");
  }

  void run() {
    op_.callBoxed(stack_);
    const std::size_t count = op_.schema().returns().size();
    for (auto& [ours, theirs] : tensors_) take_back(ours, theirs);
    for (std::size_t k = stack_->size() - count; k < stack_->size(); ++k) leave((*stack_)[k]);
  }

 private:
  bool may_mix() const {
    static const std::set<std::string> names{"aten::index", "aten::index_put_",
                                             "aten::_index_put_impl_"};
    return names.count(op_.schema().name()) != 0;
  }
  at::Tensor enter(const at::Tensor& tensor) {
    if (!is_here(tensor)) {
      any_elsewhere_ |= tensor.defined() && tensor.dim() > 0;
      return tensor;
    }
    any_here_ = true;
    // Tensors that share memory share the alias: by it ops tell that they overlap.
    const c10::Storage& here = tensor.storage();
    const auto alias = aliases_.try_emplace(here.unsafeGetStorageImpl(), alias_of(here)).first;
    tensors_.emplace_back(tensor, on_cpu(tensor, alias->second));
    return tensors_.back().second;
  }
  void enter(c10::IValue& value) {
    if (value.isTensor()) {
      value = enter(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> tensors;
      for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(enter(tensor));
      value = c10::List<at::Tensor>(tensors);
    } else if (value.isOptionalTensorList()) {
      c10::List<std::optional<at::Tensor>> tensors;
      for (const std::optional<at::Tensor>& tensor : value.toOptionalTensorList()) {
        tensors.push_back(tensor ? std::optional(enter(*tensor)) : std::nullopt);
      }
      value = tensors;
    } else if (value.isDevice() && value.toDevice().type() == device_type) {
      any_here_ = true;
      value = c10::Device(at::kCPU);
    }
  }
  // What out= has made of a tensor: another shape, maybe other memory.
  static void take_back(const at::Tensor& ours, const at::Tensor& theirs) {
    if (ours.sizes() == theirs.sizes() && ours.strides() == theirs.strides() &&
        ours.storage().data() == theirs.storage().data()) {
      return;
    }
    ours.resize_(theirs.sizes());
    ours.unsafeGetTensorImpl()->set_sizes_and_strides(theirs.sizes(), theirs.strides());
    if (ours.numel() > 0) on_cpu(ours).copy_(theirs);
  }
  at::Tensor leave(const at::Tensor& result) const {
    for (const auto& [ours, theirs] : tensors_) {
      if (result.is_same(theirs)) return ours;
    }
    return any_here_ ? from_cpu(result) : result;
  }
  void leave(c10::IValue& value) const {
    if (value.isTensor()) {
      value = leave(value.toTensor());
    } else if (value.isTensorList()) {
      std::vector<at::Tensor> tensors;
      for (const at::Tensor& tensor : value.toTensorVector()) tensors.push_back(leave(tensor));
      value = c10::List<at::Tensor>(tensors);
    }
  }

  const c10::OperatorHandle& op_;
  torch::jit::Stack* stack_;
  std::map<const c10::StorageImpl*, c10::Storage> aliases_;
  std::vector<std::pair<at::Tensor, at::Tensor>> tensors_;
  bool any_here_ = false, any_elsewhere_ = false;
};

void run_on_cpu(const c10::OperatorHandle& op, torch::jit::Stack* stack) { Call(op, stack).run(); }

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) {
  m.fallback(torch::CppFunction::makeFromBoxedFunction<&run_on_cpu>());
}

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("as_strided", &as_strided);
  m.impl("view", &at::native::view);
  m.impl("_reshape_alias", &at::native::_reshape_alias);
  m.impl("unfold", &at::native::unfold);
  m.impl("view_as_real", &at::native::view_as_real);
  m.impl("view_as_complex", &at::native::view_as_complex);
  m.impl("resize_", &resize);
  m.impl("_copy_from", &copy_from);
  m.impl("_copy_from_and_resize", [](const at::Tensor& self, const at::Tensor& to) {
    to.resize_(self.sizes());
    return copy_from(self, to, false);
  });
  m.impl("_local_scalar_dense", &local_scalar);
  m.impl("set_.source_Tensor", &at::native::set_tensor_);
  m.impl("set_.source_Storage", &at::native::set_);
  m.impl("set_.source_Storage_storage_offset", &at::native::set_storage_cpu_);
}

const bool registered = [] {
  at::RegisterPrivateUse1HooksInterface(new Hooks);
  return true;
}();

}  // namespace
}  // namespace stand_in
