"""Writes the C++ API, csrc/act/ops.h and csrc/ops.cpp, from the schemas of the built library.

With --check, only compares. A name that C++ programs can write has to stand somewhere as a name:
torch generates its own API in the same way.
"""

from __future__ import annotations

import subprocess
import sys
from itertools import groupby
from pathlib import Path

import torch
import torch_act  # noqa: F401
from torch_act.catalogue import CATALOGUE
from torchgen.model import Argument, FunctionSchema, SchemaKind

ROOT = Path(__file__).parents[1]
HEADER, DEFINITIONS = ROOT / "csrc/act/ops.h", ROOT / "csrc/ops.cpp"
FORMULAS = {entry.name: entry.formula for entry in CATALOGUE}

# As torch's own kernels take them.
TYPES = {
    "Tensor": "const at::Tensor&",
    "Tensor?": "const std::optional<at::Tensor>&",
    "Scalar": "const at::Scalar&",
    "Scalar?": "const std::optional<at::Scalar>&",
    "Generator?": "std::optional<at::Generator>",
    "ScalarType": "at::ScalarType",
    "ScalarType?": "std::optional<at::ScalarType>",
    "SymInt": "c10::SymInt",
    "SymInt[]": "c10::SymIntArrayRef",
    "bool": "bool",
    "float": "double",
    "float?": "std::optional<double>",
    "float[]": "at::ArrayRef<double>",
    "int": "int64_t",
    "int?": "std::optional<int64_t>",
    "int[]": "at::IntArrayRef",
    "str": "std::string_view",
    "str?": "std::optional<std::string_view>",
}
DEFAULTS = {"None": "std::nullopt", "True": "true", "False": "false", "[]": "{}"}

HEADER_BEGIN = """\
// Every op of the namespace act as a C++ function, through the dispatcher: autograd, every device
// and every layout, as from Python. Arguments and defaults are those of torch.ops.act.
//
// Written by tools/cxx_api.py from the schemas.
#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Scalar.h>
#include <c10/core/SymIntArrayRef.h>

#include <optional>
#include <string_view>
#include <tuple>

namespace [[gnu::visibility("default")]] act {
"""
DEFINITIONS_BEGIN = """\
// Written by tools/cxx_api.py from the schemas.
#include <act/ops.h>

#include "dispatcher.h"

namespace act {
"""
END = "\n}  // namespace act\n"


def schemas() -> list[FunctionSchema]:
    """In the order of the operators' names, the forward before what is derived from it."""
    found = [s for s in torch._C._jit_get_all_schemas() if s.name.startswith("act::")]
    found.sort(key=lambda s: (_operator(s.name), len(s.name), s.name, s.overload_name))
    return [FunctionSchema.parse(str(s).removeprefix("act::")) for s in found]


def _operator(name: str) -> str:
    """gelu of act::gelu_ and act::gelu_double_backward: the longest name in the catalogue."""
    name = name.removeprefix("act::")
    return max((n for n in FORMULAS if f"{name}_".startswith(f"{n}_")), key=len, default=name)


class Function:
    """One overload as a function of C++: an out variant is called gelu_out, as torch's are."""

    def __init__(self, schema: FunctionSchema) -> None:
        self.schema = schema
        self.operator = _operator(str(schema.name.name))
        is_out = schema.kind() == SchemaKind.out
        self.name = f"{schema.name.name}{'_out' * is_out}"
        self.arguments = list(schema.arguments.flat_all)

    @property
    def returns(self) -> str:
        returned = ["at::Tensor&" if r.is_write else "at::Tensor" for r in self.schema.returns]
        return returned[0] if len(returned) == 1 else f"std::tuple<{', '.join(returned)}>"

    def declaration(self) -> str:
        # Tensors that are written come first, since they have no default.
        ordered = sorted(self.arguments, key=lambda a: not a.is_write)
        # A default after which one without follows is none in C++.
        last = max((k for k, a in enumerate(ordered) if a.default is None), default=-1)
        text = [
            f"{_type(a)} {a.name}" + (f" = {_default(a)}" if k > last else "")
            for k, a in enumerate(ordered)
        ]
        return f"{self.returns} {self.name}({', '.join(text)});"

    def definition(self) -> str:
        ordered = sorted(self.arguments, key=lambda a: not a.is_write)
        parameters = ", ".join(f"{_type(a)} {a.name}" for a in ordered)
        signature = f"{self.returns}({', '.join(_type(a) for a in self.arguments)})"
        overload = f', "{self.schema.name.overload_name}"' * bool(self.schema.name.overload_name)
        return (
            f"{self.returns} {self.name}({parameters}) {{\n"
            f'static const auto op = find_op<{signature}>("{self.schema.name.name}"{overload});\n'
            f"return op.call({', '.join(a.name for a in self.arguments)});\n}}\n"
        )


def _type(argument: Argument) -> str:
    return "at::Tensor&" if argument.is_write else TYPES[str(argument.type)]


def _default(argument: Argument) -> str:
    assert argument.default is not None
    return DEFAULTS.get(argument.default, argument.default)


def generate() -> dict[Path, str]:
    functions = [Function(schema) for schema in schemas()]
    header, definitions = HEADER_BEGIN, DEFINITIONS_BEGIN
    for operator, group in groupby(functions, key=lambda f: f.operator):
        formula = FORMULAS.get(operator)
        header += f"\n// {operator}: {formula}\n" if formula else "\n"
        for function in group:
            header += function.declaration() + "\n"
            definitions += "\n" + function.definition()
    return {
        HEADER: _formatted(header + END, HEADER),
        DEFINITIONS: _formatted(definitions + END, DEFINITIONS),
    }


def _formatted(text: str, path: Path) -> str:
    command = [str(Path(sys.executable).with_name("clang-format")), f"--assume-filename={path}"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def main() -> None:
    for path, text in generate().items():
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise SystemExit(f"{path.relative_to(ROOT)} is out of date; run `make cxx-api`")


if __name__ == "__main__":
    main()
