// Calls ops of torch-act by name and runs a TorchScript model that holds them.
// Usage: torchscript FOLDER (written by models.py)
#include <act/ops.h>
#include <torch/cuda.h>
#include <torch/script.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int, char** arguments) {
  const std::string folder = arguments[1];

  // A C++ function for each op. Autograd and all else is as from Python.
  const at::Tensor x = torch::linspace(-6, 0, 4).requires_grad_();
  const at::Tensor y = act::gelu(x);
  y.sum().backward();
  std::cout.precision(8);
  for (int k = 0; k < x.numel(); ++k) {
    std::cout << "x " << x[k].item<float>() << ": act::gelu " << y[k].item<float>()
              << ", its derivative " << x.grad()[k].item<float>() << ", torch::gelu "
              << torch::gelu(x)[k].item<float>() << "\n";
  }
  // Where the library was built with CUDA kernels and there is a GPU, the same call finds them.
  const bool has_kernel = c10::Dispatcher::singleton()
                              .findSchemaOrThrow("act::gelu", "")
                              .hasKernelForDispatchKey(c10::DispatchKey::CUDA);
  std::cout << "act::gelu has a CUDA kernel: " << (has_kernel ? "yes" : "no") << "\n";
  if (has_kernel && torch::cuda::is_available()) {
    const at::Tensor on_gpu = act::gelu(x.detach().cuda()).cpu();
    std::cout << "on the GPU the same bits: " << (at::equal(on_gpu, y) ? "yes" : "no") << "\n";
  }
  at::Tensor z = torch::tensor({-1.0, 1.0});
  act::relu_(z);
  std::cout << "act::relu_: " << z[0].item<float>() << ", " << z[1].item<float>() << "\n";

  torch::jit::Module model = torch::jit::load(folder + "/model.pt");
  std::ifstream file(folder + "/example.pt", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto example = torch::jit::pickle_load(bytes).toGenericDict();
  const at::Tensor expected = example.at("result").toTensor();
  const at::Tensor result = model.forward({example.at("input")}).toTensor();
  const float difference = (result - expected).abs().max().item<float>();
  std::cout << "TorchScript: largest difference from Python " << difference << "\n";
  return difference <= 1e-6 ? 0 : 1;
}
