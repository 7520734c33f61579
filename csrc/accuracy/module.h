// measure_errors and its like for Python.
#pragma once

#include <pybind11/pybind11.h>

namespace act::accuracy {

void bind(pybind11::module_& m);

}  // namespace act::accuracy
