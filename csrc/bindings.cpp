// The Python module torch_act._C: importing it registers the ops. It tells how it was built, lists
// the pointwise ops, and offers each op as a builtin that costs no more than torch's own:
// torch.ops.act.x parses its arguments in Python and boxes them, which takes 2 to 4 µs.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>
#include <torch/csrc/Dtype.h>
#include <torch/csrc/Exceptions.h>
#include <torch/csrc/Generator.h>
#include <torch/csrc/autograd/python_variable.h>

#include "accuracy/module.h"
#include "autograd/saved_preference.h"
#include "build_information.h"
#include "parametric_ops.h"

namespace act {
namespace {

namespace py = pybind11;

// The positional arguments of one call.
struct Arguments {
  const char* op;
  PyObject* const* values;
  Py_ssize_t count;

  void expect(Py_ssize_t expected) const {
    TORCH_CHECK_TYPE(count == expected, "act::", op, ": expected ", expected, " arguments, got ",
                     count);
  }
};

[[noreturn]] void wrong_type(const Arguments& arguments, Py_ssize_t k, const char* expected) {
  TORCH_CHECK_TYPE(false, "act::", arguments.op, ": expected argument ", k + 1, " to be ", expected,
                   ", got ", Py_TYPE(arguments.values[k])->tp_name);
}

template <class T>
struct Parse;

template <>
struct Parse<const at::Tensor&> {
  static const at::Tensor& from(const Arguments& a, Py_ssize_t k) {
    if (!THPVariable_Check(a.values[k])) wrong_type(a, k, "a tensor");
    return THPVariable_Unpack(a.values[k]);
  }
};
template <>
struct Parse<at::Tensor&> {
  // An in-place op returns the tensor that it was given.
  static at::Tensor& from(const Arguments& a, Py_ssize_t k) {
    return const_cast<at::Tensor&>(Parse<const at::Tensor&>::from(a, k));
  }
};
template <>
struct Parse<const at::Scalar&> {
  static at::Scalar from(const Arguments& a, Py_ssize_t k) {
    PyObject* value = a.values[k];
    if (PyFloat_Check(value)) return PyFloat_AS_DOUBLE(value);
    const bool is_index = PyLong_Check(value) && !PyBool_Check(value);
    const double number = is_index || PyNumber_Check(value) ? PyFloat_AsDouble(value) : 0;
    if (!PyNumber_Check(value) || (number == -1 && PyErr_Occurred())) {
      PyErr_Clear();
      wrong_type(a, k, "a real number");
    }
    return number;
  }
};
template <>
struct Parse<double> {
  static double from(const Arguments& a, Py_ssize_t k) {
    return Parse<const at::Scalar&>::from(a, k).toDouble();
  }
};
template <>
struct Parse<const std::optional<at::Tensor>&> {
  static std::optional<at::Tensor> from(const Arguments& a, Py_ssize_t k) {
    if (a.values[k] == Py_None) return std::nullopt;
    if (!THPVariable_Check(a.values[k])) wrong_type(a, k, "a tensor or None");
    return THPVariable_Unpack(a.values[k]);
  }
};
template <>
struct Parse<std::string_view> {
  static std::string_view from(const Arguments& a, Py_ssize_t k) {
    Py_ssize_t size = 0;
    if (!PyUnicode_Check(a.values[k])) wrong_type(a, k, "a str");
    const char* text = PyUnicode_AsUTF8AndSize(a.values[k], &size);
    if (text == nullptr) throw python_error();
    return {text, static_cast<std::size_t>(size)};
  }
};
template <>
struct Parse<int64_t> {
  static int64_t from(const Arguments& a, Py_ssize_t k) {
    if (!PyIndex_Check(a.values[k])) wrong_type(a, k, "an int");
    const py::object index = py::reinterpret_steal<py::object>(PyNumber_Index(a.values[k]));
    const int64_t value = index ? PyLong_AsLongLong(index.ptr()) : -1;
    if (value == -1 && PyErr_Occurred()) throw python_error();
    return value;
  }
};
template <>
struct Parse<at::ArrayRef<double>> {
  static c10::SmallVector<double, 2> from(const Arguments& a, Py_ssize_t k) {
    const auto sequence = py::reinterpret_steal<py::object>(
        PySequence_Fast(a.values[k], "act: expected a sequence of real numbers"));
    if (!sequence) throw python_error();
    c10::SmallVector<double, 2> numbers;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(sequence.ptr()); ++i) {
      numbers.push_back(PyFloat_AsDouble(PySequence_Fast_GET_ITEM(sequence.ptr(), i)));
      if (PyErr_Occurred()) throw python_error();
    }
    return numbers;
  }
};
template <>
struct Parse<bool> {
  static bool from(const Arguments& a, Py_ssize_t k) {
    if (!PyBool_Check(a.values[k])) wrong_type(a, k, "a bool");
    return a.values[k] == Py_True;
  }
};
template <>
struct Parse<std::optional<at::ScalarType>> {
  static std::optional<at::ScalarType> from(const Arguments& a, Py_ssize_t k) {
    if (a.values[k] == Py_None) return std::nullopt;
    if (!THPDtype_Check(a.values[k])) wrong_type(a, k, "a torch.dtype or None");
    return reinterpret_cast<THPDtype*>(a.values[k])->scalar_type;
  }
};
template <>
struct Parse<std::optional<at::Generator>> {
  static std::optional<at::Generator> from(const Arguments& a, Py_ssize_t k) {
    if (a.values[k] == Py_None) return std::nullopt;
    if (!THPGenerator_Check(a.values[k])) wrong_type(a, k, "a torch.Generator or None");
    return reinterpret_cast<THPGenerator*>(a.values[k])->cdata;
  }
};

PyObject* wrap(at::Tensor result, const Arguments&) { return THPVariable_Wrap(std::move(result)); }

// A builtin that calls the op of this schema name, for one C++ signature.
template <class Signature>
struct Builtin;

template <class Result, class... A>
struct Builtin<Result(A...)> {
  std::string schema;
  c10::TypedOperatorHandle<Result(A...)> handle;

  explicit Builtin(const std::string& name) : schema(name), handle(find_op<Result(A...)>(name)) {}

  static PyObject* call(PyObject* self, PyObject* const* values, Py_ssize_t count) {
    HANDLE_TH_ERRORS
    const auto* builtin = static_cast<const Builtin*>(PyCapsule_GetPointer(self, nullptr));
    const Arguments arguments{builtin->schema.c_str(), values, count};
    arguments.expect(sizeof...(A));
    return builtin->invoke(arguments, std::index_sequence_for<A...>{});
    END_HANDLE_TH_ERRORS
  }

  template <std::size_t... k>
  PyObject* invoke(const Arguments& arguments, std::index_sequence<k...>) const {
    // Parsed before the lock is released, since parsing touches Python objects.
    std::tuple<decltype(Parse<A>::from(arguments, k))...> parsed{Parse<A>::from(arguments, k)...};
    if constexpr (std::is_reference_v<Result>) {
      {
        py::gil_scoped_release no_gil;
        handle.call(std::get<k>(parsed)...);
      }
      return Py_NewRef(arguments.values[0]);
    } else {
      Result result = [&] {
        py::gil_scoped_release no_gil;
        return handle.call(std::get<k>(parsed)...);
      }();
      return wrap(std::move(result), arguments);
    }
  }
};

// Adds the builtin to the module. It and its method definition live as long as the process.
template <class Signature>
void add_builtin(py::module_& m, const std::string& name) {
  auto* builtin = new Builtin<Signature>(name);
  auto* method = new PyMethodDef{
      builtin->schema.c_str(),
      reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&Builtin<Signature>::call)),
      METH_FASTCALL, nullptr};
  const auto capsule = py::reinterpret_steal<py::object>(PyCapsule_New(builtin, nullptr, nullptr));
  const py::object module_name = m.attr("__name__");
  const auto function = py::reinterpret_steal<py::object>(
      PyCFunction_NewEx(method, capsule.ptr(), module_name.ptr()));
  if (!function) throw py::error_already_set();
  m.attr(name.c_str()) = function;
}

py::dict build_info() {
  const BuildInformation built = build_information();
  py::dict info;
  info["torch"] = built.torch;
  info["cuda"] = built.cuda_toolkit;  // a null pointer is None
  if (built.cuda_architectures != nullptr) info["architectures"] = built.cuda_architectures;
  info["compiler"] = built.compiler;
  info["instruction_set"] = built.instruction_set;
  return info;
}

py::list pointwise_ops() {
  py::list ops;
  for_each_op([&]<class Op>() {
    const Declaration& d = Op::declaration;
    py::dict op;
    py::list parameters;
    for (int k = 0; k < parameter_count(d); ++k) {
      py::dict parameter;
      parameter["name"] = d.parameters[k].name;
      parameter["default"] = d.parameters[k].required ? py::object(py::none())
                                                      : py::float_(d.parameters[k].default_value);
      parameters.append(parameter);
    }
    op["name"] = d.name;
    op["parameters"] = parameters;
    op["variants"] = py::none();
    if (d.variant_argument != nullptr) {
      py::list variants;
      for (const Declaration* other : Activations::declarations) {
        if (equal(other->name, d.name)) variants.append(other->variant);
      }
      op["variants"] = py::make_tuple(d.variant_argument, variants);
    }
    op["two_slopes"] = d.two_slopes;
    op["output_determines"] = d.output_determines_derivative != nullptr;
    ops.append(op);
  });
  return ops;
}

py::list parametric_ops() {
  py::list ops;
  for_each_parametric_op([&]<class Op>() {
    py::list tensors;
    for (const char* name : Op::template Formula<float>::tensors) tensors.append(name);
    py::dict op;
    op["name"] = Op::declaration.name;
    op["tensors"] = tensors;
    ops.append(op);
  });
  return ops;
}

// "input", "output", "bits" or None for each formula's own default.
py::object saved_preference() {
  const auto preference = autograd::saved_preference();
  if (!preference) return py::none();
  return py::str(*preference == Saved::input    ? "input"
                 : *preference == Saved::output ? "output"
                                                : "bits");
}

// Returns what held before.
py::object set_saved_preference(const std::optional<std::string>& kind) {
  auto& preference = autograd::saved_preference();
  py::object previous = saved_preference();
  if (!kind) {
    preference.reset();
  } else {
    preference = *kind == "input" ? Saved::input : *kind == "output" ? Saved::output : Saved::bits;
  }
  return previous;
}

}  // namespace

PYBIND11_MODULE(_C, m) {
  m.doc() = "The compiled part of torch_act: registers torch.ops.act.*";
  m.def("build_info", &build_info, "How the library was built and which instruction set it runs.");
  m.def("pointwise_ops", &pointwise_ops,
        "The pointwise ops with their parameters, from the C++ list.");
  m.def("parametric_ops", &parametric_ops,
        "The ops whose parameters are tensors, with their names, from the C++ list.");

  accuracy::bind(m);
  m.def("saved_preference", &saved_preference);
  m.def("set_saved_preference", &set_saved_preference, py::arg("kind").none(true));

  for_each_op([&]<class Op>() {
    add_builtin<typename Op::Value>(m, Op::declaration.name);
    add_builtin<typename Op::InPlace>(m, std::string(Op::declaration.name) + "_");
  });
  for_each_parametric_op([&]<class Op>() {
    add_builtin<typename Op::Value>(m, Op::declaration.name);
    add_builtin<typename Op::InPlace>(m, std::string(Op::declaration.name) + "_");
  });
  using at::Scalar;
  using at::Tensor;
  using Generator = std::optional<at::Generator>;
  add_builtin<Tensor(const Tensor&, const Tensor&)>(m, "prelu");
  add_builtin<Tensor&(Tensor&, const Tensor&)>(m, "prelu_");
  add_builtin<Tensor(const Tensor&, const Scalar&, const Scalar&, bool, Generator)>(m, "rrelu");
  add_builtin<Tensor&(Tensor&, const Scalar&, const Scalar&, bool, Generator)>(m, "rrelu_");
  add_builtin<Tensor(const Tensor&, int64_t)>(m, "glu");
  using Text = std::string_view;
  using Numbers = at::ArrayRef<double>;
  add_builtin<Tensor(const Tensor&, Text, Text, int64_t, Numbers)>(m, "gated");
  add_builtin<Tensor(const Tensor&, const Tensor&, Text, Numbers)>(m, "gated_pair");
  add_builtin<Tensor(const Tensor&, const Tensor&, Text, int64_t, Numbers)>(m, "bias_act");
  for (const char* name : {"softmax", "log_softmax", "softmin"}) {
    add_builtin<Tensor(const Tensor&, int64_t, std::optional<at::ScalarType>)>(m, name);
    add_builtin<Tensor(const Tensor&, int64_t, const std::optional<Tensor>&, double,
                       std::string_view, std::optional<at::ScalarType>)>(
        m, std::string("masked_") + name);
  }
}

}  // namespace act
