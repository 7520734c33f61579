// Runs a model that AOTInductor compiled and that calls ops of torch-act: no symbol of the library
// is named here, linking it is what registers them.
// Usage: aot_inductor FOLDER (written by models.py)
#include <ATen/TensorOperators.h>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int, char** arguments) {
  const std::string folder = arguments[1];
  std::ifstream file(folder + "/example.pt", std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto example = torch::jit::pickle_load(bytes).toGenericDict();

  torch::inductor::AOTIModelPackageLoader model(folder + "/model.pt2");
  const std::vector<at::Tensor> results = model.run({example.at("input").toTensor()});
  const at::Tensor expected = example.at("result").toTensor();
  const float difference = (results[0] - expected).abs().max().item<float>();
  std::cout << "AOTInductor: largest difference from Python " << difference << "\n";
  return difference <= 1e-6 ? 0 : 1;
}
