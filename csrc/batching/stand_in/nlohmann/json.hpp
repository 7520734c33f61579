// ATen/functorch/Interpreter.h includes a JSON library that torch's wheels lack
// (github.com/pytorch/pytorch/issues/181565), for two inline functions that we never call. This
// declares what they need to be parsed; nothing of it is defined. A real one is found before it.
#pragma once

#include <string>

namespace nlohmann {

class json {
 public:
  json();
  template <class T>
  explicit json(const T& value);
  static json parse(const std::string& text);
  std::string dump() const;
  template <class T>
  T get() const;
};

}  // namespace nlohmann
