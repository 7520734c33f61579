#include "module.h"

#include <string>

#include "errors.h"

namespace act::accuracy {
namespace {

namespace py = pybind11;

// One-dimensional and dense, of `size` elements or, at -1, of any number; numpy's arrays share
// torch's memory.
template <class T>
py::buffer_info dense(const py::buffer& array, py::ssize_t size = -1) {
  py::buffer_info info = array.request();
  const bool fits = info.format == py::format_descriptor<T>::format() && info.ndim == 1 &&
                    (info.size == 0 || info.strides[0] == info.itemsize) &&
                    (size < 0 || info.size == size);
  if (!fits) throw py::value_error("expected dense arrays of one size, float32 or float64");
  return info;
}

template <class T>
const T* elements(const py::buffer_info& info) {
  return static_cast<const T*>(info.ptr);
}

py::dict measure(const py::buffer& x, const py::buffer& result, const py::buffer& exact, float low,
                 float high, double floor) {
  const auto points = dense<float>(x), results = dense<float>(result, points.size);
  const auto truth = dense<double>(exact, points.size);
  const Errors found = [&] {
    py::gil_scoped_release no_gil;
    return measure_errors(elements<float>(points), elements<float>(results),
                          elements<double>(truth), points.size, {low, high, floor});
  }();
  py::dict errors;
  errors["counted"] = found.counted;
  errors["correctly_rounded"] = found.correctly_rounded;
  errors["wrong_kind"] = found.wrong_kind;
  errors["wrong_sign"] = found.wrong_sign;
  errors["worst"] = found.worst;
  errors["worst_at"] = found.worst_at;
  errors["worst_floored"] = found.worst_floored;
  errors["worst_floored_at"] = found.worst_floored_at;
  return errors;
}

std::int64_t reversals(const py::buffer& result, int direction) {
  const auto results = dense<float>(result);
  py::gil_scoped_release no_gil;
  return count_reversals(elements<float>(results), results.size, direction);
}

std::int64_t asymmetries(const py::buffer& at_x, const py::buffer& at_minus_x, int sign) {
  const auto plus = dense<float>(at_x), minus = dense<float>(at_minus_x, plus.size);
  py::gil_scoped_release no_gil;
  return count_asymmetries(elements<float>(plus), elements<float>(minus), plus.size, sign);
}

}  // namespace

void bind(py::module_& m) {
  m.def("measure_errors", &measure, py::arg("x"), py::arg("result"), py::arg("exact"),
        py::arg("low"), py::arg("high"), py::arg("floor"));
  m.def("count_reversals", &reversals, py::arg("result"), py::arg("direction"));
  m.def("count_asymmetries", &asymmetries, py::arg("at_x"), py::arg("at_minus_x"), py::arg("sign"));
}

}  // namespace act::accuracy
