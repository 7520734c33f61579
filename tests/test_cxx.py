"""The library for C++ programs: its API, its independence of Python, find_package(TorchAct), and
the programs in examples/cpp."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch_act
from cmake_projects import cmake, configure, project, torch_of_release

ROOT = Path(__file__).parents[1]
PACKAGE = Path(torch_act.__file__).parent
EXAMPLES = ROOT / "examples/cpp"


def _run(*command, **options):
    ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def _python(*arguments):
    path = os.pathsep.join([str(PACKAGE.parent), *sys.path])
    return _run(sys.executable, *arguments, env={**os.environ, "PYTHONPATH": path})


def _symbols(*options):
    """Of libtorch_act.so, in C++'s words."""
    return _run("nm", "--dynamic", "--demangle", *options, PACKAGE / "lib/libtorch_act.so")


@pytest.mark.skipif(
    not Path(sys.executable).with_name("clang-format").exists(), reason="no clang-format"
)
def test_the_api_is_that_of_the_schemas():
    # In a process of its own: in this one the ops of other tests may be registered.
    _python(ROOT / "tools/cxx_api.py", "--check")


def test_every_function_of_the_header_is_exported():
    header = (PACKAGE / "include/act/ops.h").read_text()
    declared = set(re.findall(r"^[\w:&<>, ]*[ &](\w+)\(", header, re.M))
    exported = set(re.findall(r" T act::(\w+)\(", _symbols("--defined-only")))
    assert len(declared) > 140
    assert declared - exported == set()
    # What the Python module needs besides.
    assert exported - declared == {"build_information"}


def test_needs_no_python():
    assert re.findall(r" U _?Py\w+|pybind11|libtorch_python", _symbols("--undefined-only")) == []
    needed = _run("readelf", "--dynamic", PACKAGE / "lib/libtorch_act.so")
    assert "libtorch_cpu.so" in needed
    assert "python" not in "".join(re.findall(r"NEEDED.*", needed))


@pytest.mark.parametrize(("version", "found"), [("0.1", True), ("0.0.9", False), ("0.2", False)])
def test_find_package_by_version(tmp_path, version, found):
    ended = configure(
        tmp_path / "build",
        project(tmp_path / "source", version),
        torch_act.cmake_prefix_path,
        torch.utils.cmake_prefix_path,
    )
    assert (ended.returncode == 0) == found, ended.stderr
    assert found or "compatible with requested version" in " ".join(ended.stderr.split())


def test_another_torch(tmp_path):
    other = torch_of_release(tmp_path / "torch", "2.12.1")
    ended = configure(
        tmp_path / "build", project(tmp_path / "source"), torch_act.cmake_prefix_path, other
    )
    message = " ".join(ended.stderr.split())
    version = torch.__version__.partition("+")[0]
    assert ended.returncode != 0
    assert f"built against torch {version}, the torch in {other}/Torch is 2.12.1" in message


def test_no_torch(tmp_path):
    # Away from the torch that lies beside the package.
    package = shutil.copytree(PACKAGE / "share", tmp_path / "package/share")
    ended = configure(tmp_path / "build", project(tmp_path / "source"), package / "cmake")
    assert ended.returncode != 0
    assert "there is none in CMAKE_PREFIX_PATH" in " ".join(ended.stderr.split())


@pytest.fixture
def extension():
    sys.path.insert(0, str(ROOT / "tools/packaging"))
    import extension

    return extension


def test_cxx_has_one_runtime_in_a_process(extension, tmp_path):
    """A compiler that links it statically may be what is there."""
    source, library = tmp_path / "source.cpp", tmp_path / "library.so"
    source.write_text("#include <iostream>\nvoid tell() { std::cout << 1; }\n")
    compiler = (os.environ.get("CXX") or "g++").split()
    command = [*compiler, "-static-libstdc++", "-shared", "-fPIC", source, "-o", library]
    for flags, shared in (([], False), (extension.RUNTIME, True)):
        _run(*command, *flags)
        assert (b"libstdc++.so" in library.read_bytes()) == shared


def test_without_python_it_can_be_configured(extension, tmp_path):
    ended = configure(tmp_path, ROOT, torch.utils.cmake_prefix_path)
    assert ended.returncode == 0, ended.stderr
    config = (tmp_path / "TorchActConfig.cmake").read_text()
    assert f"built against torch {torch.__version__.partition('+')[0]}," in config
    # As of the library that is tested: both were built with the torch and the nvcc that are there.
    release = torch_act._C.build_info()["cuda"] or ""
    assert f'TorchAct_CUDA_VERSION "{release}"' in config
    target = tmp_path / "CMakeFiles/torch_act.dir"
    listed = re.search(r"set\(exact (.*)\)", (ROOT / "CMakeLists.txt").read_text())[1]
    assert tuple(listed.split()) == extension.EXACT
    flags = re.search("CXX_FLAGS = (.*)", (target / "flags.make").read_text())[1].split()
    assert {*extension.EXACT, *extension.THREADS, *extension.WARNINGS} <= set(flags)
    linked = {*extension.THREADS, *extension.RUNTIME}
    assert linked <= set((target / "link.txt").read_text().split())
    units = (target / "build.make").read_text()
    assert "csrc/schema.cpp.o:" in units
    assert "bindings.cpp" not in units
    assert "csrc/accuracy" not in units


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        (None, "built against a torch: here is none"),
        ("2.12.1", "needs torch>=2.13, this one is 2.12.1"),
    ],
)
def test_without_python_it_needs_a_new_torch(tmp_path, version, expected):
    paths = [torch_of_release(tmp_path / "torch", version)] if version else []
    ended = configure(tmp_path / "build", ROOT, *paths)
    assert ended.returncode != 0
    assert expected in " ".join(ended.stderr.split())


def test_examples(tmp_path):
    """Configured, built and run as examples/cpp/CMakeLists.txt and docs/cpp.md say."""
    build = tmp_path / "build"
    paths = torch_act.cmake_prefix_path, torch.utils.cmake_prefix_path
    ended = configure(build, EXAMPLES, *paths)
    assert ended.returncode == 0, ended.stderr
    # Linkers of some distributions drop what no symbol is taken from: here, too. Most of the time
    # goes into torch's headers, so that nothing is optimised.
    flags = "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--as-needed", "-DCMAKE_CXX_FLAGS_RELEASE=-O0"
    _run(cmake(), *flags, build)
    _run(cmake(), "--build", build, "--parallel", "2")

    models = tmp_path / "models"
    printed = _python(EXAMPLES / "models.py", models)
    assert "act.gelu.default act.glu.default act.softmax.default" in printed
    assert _largest_difference(printed) <= 1e-6

    printed = _run(build / "torchscript", models)
    assert "x -6: act::gelu -5.9195258e-09, its derivative -3.5468709e-08" in printed
    with_cuda = torch_act._C.build_info()["cuda"] is not None
    assert f"act::gelu has a CUDA kernel: {'yes' if with_cuda else 'no'}\n" in printed
    on_gpu = with_cuda and torch.cuda.is_available()
    assert ("on the GPU the same bits: yes\n" in printed) == on_gpu
    assert "act::relu_: 0, 1" in printed
    assert _largest_difference(printed) <= 1e-6
    assert _largest_difference(_run(build / "aot_inductor", models)) <= 1e-6


def _largest_difference(printed):
    return float(re.search(r"largest difference from \w+ (\S+)", printed)[1])
