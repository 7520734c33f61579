"""CMake's build of the library with the CUDA kernels, and the package that says so: when, by which
nvcc, with which flags. Nothing is compiled; the torches, and most nvccs, are only files."""

import re
import shutil
import sys
from pathlib import Path

import pytest
from cmake_projects import configure, project, torch_of_release

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools/packaging"))

import cuda_toolkit  # noqa: E402

NO_NVCC = "-DCMAKE_CUDA_COMPILER="


def _nvcc_of_release(path, release):
    path.write_text(f"#!/bin/sh\necho 'Cuda compilation tools, release {release}, V{release}.1'\n")
    path.chmod(0o755)
    return f"-DCMAKE_CUDA_COMPILER={path}"


def _message(ended):
    return " ".join((ended.stdout + ended.stderr).split())


def _listed(name):
    return re.search(rf"set\({name} (.*)\)", (ROOT / "cmake/CudaKernels.cmake").read_text())[1]


def test_flags_and_architectures_are_those_of_the_build_for_python():
    assert tuple(_listed("exact_on_device").split()) == cuda_toolkit.EXACT_ON_DEVICE
    assert tuple(map(int, _listed("architectures").split())) == cuda_toolkit.ARCHITECTURES


@pytest.mark.parametrize(
    ("torch_cuda", "release", "option", "expected"),
    [
        (None, "13.0", "ON", "asks for the CUDA kernels, but the torch in {torch} has no CUDA"),
        (13, None, "ON", "has CUDA 13, but there is no nvcc: .* asks for the CUDA kernels"),
        (13, "12.8", None, "{torch} was built with CUDA 13, but {nvcc} is of 12.8: .*=OFF"),
    ],
)
def test_what_cannot_be_built(tmp_path, torch_cuda, release, option, expected):
    torch = torch_of_release(tmp_path / "torch", "2.14.1", torch_cuda)
    nvcc = tmp_path / "nvcc"
    options = [_nvcc_of_release(nvcc, release) if release else NO_NVCC]
    options += [f"-DTORCH_ACT_CUDA={option}"] if option else []
    ended = configure(tmp_path / "build", ROOT, torch, options=options)
    assert ended.returncode != 0
    assert re.search(expected.format(torch=torch / "Torch", nvcc=nvcc), _message(ended))


@pytest.mark.parametrize(
    ("torch_cuda", "release", "option", "expected"),
    [
        (None, "13.0", None, ""),
        (13, None, None, "there is no nvcc: .* Building the CPU kernels alone"),
        (13, "12.8", "OFF", ""),
    ],
)
def test_the_cpu_kernels_alone(tmp_path, torch_cuda, release, option, expected):
    torch = torch_of_release(tmp_path / "torch", "2.14.1", torch_cuda)
    options = [_nvcc_of_release(tmp_path / "nvcc", release) if release else NO_NVCC]
    options += [f"-DTORCH_ACT_CUDA={option}"] if option else []
    build = tmp_path / "build"
    ended = configure(build, ROOT, torch, options=options)
    assert ended.returncode == 0, ended.stderr
    assert re.search(expected, _message(ended))
    units = (build / "CMakeFiles/torch_act.dir/build.make").read_text()
    assert "csrc/schema.cpp.o:" in units
    assert "torch_act.dir/cuda/" not in units
    assert 'TorchAct_CUDA_VERSION ""' in (build / "TorchActConfig.cmake").read_text()


@pytest.mark.parametrize("architectures", [None, "90;120"])
def test_every_kernel(tmp_path, architectures):
    toolkit = cuda_toolkit.find_toolkit()
    if toolkit is None:
        pytest.skip("no nvcc")
    torch = torch_of_release(tmp_path / "torch", "2.14.1", toolkit.version.split(".")[0])
    nvcc = f"-DCMAKE_CUDA_COMPILER={toolkit.home}/bin/nvcc"
    chosen = [f"-DCMAKE_CUDA_ARCHITECTURES={architectures}"] if architectures else []
    build = tmp_path / "build"
    ended = configure(build, ROOT, torch, options=[nvcc, *chosen])
    assert ended.returncode == 0, ended.stderr

    folder = build / "CMakeFiles/torch_act.dir"
    units = (folder / "build.make").read_text()
    for source in [*ROOT.glob("cuda/*.cu"), *ROOT.glob("cuda/*.cpp")]:
        assert f"cuda/{source.name}.o:" in units
    settings = (folder / "flags.make").read_text()
    assert "TORCH_ACT_CUDA" in re.search(r"CXX_DEFINES = (.*)", settings)[1]
    flags = re.search(r"CUDA_FLAGS = (.*)", settings)[1]
    assert "-std=c++20" in flags
    assert "--expt-relaxed-constexpr" in flags
    assert " ".join(cuda_toolkit.EXACT_ON_DEVICE) in flags
    if architectures is None:
        assert " ".join(cuda_toolkit.choose_architectures(None, 0).flags) in flags
        assert "--generate-code" not in flags
    else:
        assert "compute_80" not in flags
        assert re.findall(r"arch=compute_(\d+)", flags) == ["90", "120"]
    config = (build / "TorchActConfig.cmake").read_text()
    assert f'TorchAct_CUDA_VERSION "{toolkit.version}"' in config


def _package(folder, cuda):
    """What is installed, but for library and headers."""
    target = folder / "share/cmake/TorchAct"
    target.mkdir(parents=True)
    values = {"VERSION": "0.1.0", "TORCH_VERSION": "2.14.1", "CUDA_VERSION": cuda}
    for name in ("TorchActConfig", "TorchActConfigVersion"):
        text = (ROOT / f"cmake/{name}.cmake.in").read_text()
        for variable, value in values.items():
            text = text.replace(f"@TORCH_ACT_{variable}@", value)
        (target / f"{name}.cmake").write_text(text)
    shutil.copy(ROOT / "cmake/TorchActLibTorch.cmake", target)
    return target.parent


@pytest.mark.parametrize(
    ("built_with", "torch_cuda", "components", "refused"),
    [
        ("13.0", 13, "COMPONENTS CUDA", None),
        ("", 13, "", None),
        ("", None, "COMPONENTS CUDA", "torch_act in {package} was built without CUDA."),
        ("", None, "OPTIONAL_COMPONENTS CUDA", None),
        ("13.0", None, "", "kernels of CUDA 13.0, the torch in {torch} has no CUDA."),
        ("13.0", 12, "", "kernels of CUDA 13.0, the torch in {torch} has CUDA 12."),
    ],
)
def test_who_needs_them_asks_for_them(tmp_path, built_with, torch_cuda, components, refused):
    package = _package(tmp_path / "package", built_with)
    torch = torch_of_release(tmp_path / "torch", "2.14.1", torch_cuda)
    source = project(tmp_path / "source", components=components)
    ended = configure(tmp_path / "build", source, package, torch)
    if refused is None:
        assert ended.returncode == 0, ended.stderr
    else:
        assert ended.returncode != 0
        expected = refused.format(package=tmp_path / "package", torch=torch / "Torch")
        assert expected in _message(ended)
