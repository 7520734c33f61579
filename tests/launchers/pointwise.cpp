// The pointwise launchers by names that ctypes finds.
#include <act/activations.h>
#include <pointwise.h>
#include <slope_bits.h>

#include <string_view>

extern "C" {

// Of an op, and of its variant if it has several; -1 if there is none.
int formula_index(const char* name, const char* variant) {
  int index = 0;
  for (const act::Declaration* declaration : act::Activations::declarations) {
    const bool same_variant = variant == nullptr || declaration->variant == nullptr ||
                              std::string_view(declaration->variant) == variant;
    if (std::string_view(declaration->name) == name && same_variant) return index;
    ++index;
  }
  return -1;
}

int pointwise(int formula, int order, int saved, int storage, const act::cuda::Operands* operands,
              const act::ParameterValues* parameters, cudaStream_t stream) {
  return act::cuda::pointwise(formula, act::Pointwise(order), act::Saved(saved),
                              act::Storage(storage), *operands, *parameters, stream);
}

int slope_bits(int formula, int storage, const void* self, std::uint8_t* bits, std::int64_t rows,
               std::int64_t elements, const act::ParameterValues* parameters, cudaStream_t stream) {
  return act::cuda::slope_bits(formula, act::Storage(storage), self, bits, rows, elements,
                               *parameters, stream);
}

int backward_from_bits(int formula, int storage, void* grad_input, const void* grad_output,
                       const std::uint8_t* bits, std::int64_t rows, std::int64_t elements,
                       const act::ParameterValues* parameters, cudaStream_t stream) {
  return act::cuda::backward_from_bits(formula, act::Storage(storage), grad_input, grad_output,
                                       bits, rows, elements, *parameters, stream);
}

}  // extern "C"
