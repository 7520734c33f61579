"""python -m torch_act doctor: what it says of machines that lack something."""

import json
import sys
from dataclasses import replace

import pytest
import torch
import torch_act
from torch_act import __main__
from torch_act.command_line import app
from torch_act.doctor import examine, finding, healthy, machine, this_machine
from torch_act.doctor.checks import covered
from typer.testing import CliRunner

ALL_FLAGS = frozenset({"avx2", "fma", "avx512f", "avx512bw", "avx512vl", "avx512dq"})
CPU = machine.Machine(
    torch_act="0.1.0",
    torch="2.13.0+cpu",
    build={"torch": "2.13.0", "cuda": None, "compiler": "g++ 12.2.0", "instruction_set": "avx512"},
    python="3.11.7",
    system="Linux x86_64",
    processor="a processor",
    processor_flags=ALL_FLAGS,
    torch_capability="AVX512",
    threads=2,
    processors=2,
    huge_pages="madvise",
    missing={"tools": (), "test": ()},
)
GPU = replace(
    CPU,
    torch="2.14.1+cu130",
    build={
        **CPU.build,
        "torch": "2.14.1",
        "cuda": "13.0",
        "architectures": "sm_80 sm_90 compute_80",
    },
    torch_cuda="13.0",
    driver="580.65.06",
    gpus=(("NVIDIA H100", (9, 0)),),
    toolkit="13.0",
)


def _built(**changes):
    return {**GPU.build, **changes}


@pytest.mark.parametrize("whole", [CPU, GPU], ids=["CPU", "GPU"])
def test_nothing_is_missing(whole):
    findings = examine(whole)
    assert [f for f in findings if f.level != "ok" or f.advice] == []
    assert finding.as_text(findings).endswith("\n\nAll works.")


# What is changed, the finding that this makes, and words of its value and its advice.
LACKS = {
    "patch release": (
        replace(CPU, torch="2.13.1+cpu"),
        ("torch", "note", "built against 2.13.0", "--force-reinstall"),
    ),
    "nonsense": (
        replace(CPU, gelu_in_the_tail=0.0),
        ("trial", "problem", "gelu(-10) = 0, not -7.61985e-23", "--force-reinstall"),
    ),
    "capability asked for": (
        replace(
            CPU,
            build={**CPU.build, "instruction_set": "avx2"},
            environment={"ATEN_CPU_CAPABILITY": "avx2"},
        ),
        ("instruction set", "note", "avx2: ATEN_CPU_CAPABILITY=avx2", "it is avx512"),
    ),
    "too many threads": (
        replace(CPU, threads=8, processors=1.5, environment={"OMP_NUM_THREADS": "8"}),
        ("threads", "note", "8 of 1.5 processors (OMP_NUM_THREADS=8)", "set_num_threads(1)"),
    ),
    "no huge pages": (
        replace(CPU, huge_pages="never"),
        ("huge pages", "note", "never", "echo madvise >"),
    ),
    "torch without CUDA, GPU": (
        replace(CPU, driver="580.65.06"),
        ("torch", "note", "a CPU build, but there is a driver", "torch with CUDA"),
    ),
    "no driver": (
        replace(GPU, driver=None, gpus=()),
        ("GPU", "note", "none: no NVIDIA driver", "install NVIDIA's driver"),
    ),
    "hidden GPU": (
        replace(GPU, gpus=(), environment={"CUDA_VISIBLE_DEVICES": ""}),
        ("GPU", "note", "CUDA_VISIBLE_DEVICES='' hides them", "Unset it"),
    ),
    "invisible GPU": (
        replace(GPU, gpus=()),
        ("GPU", "note", "none is visible, although there is a driver", "--gpus all"),
    ),
    "built without CUDA": (
        replace(GPU, build={**_built(cuda=None)}),
        ("GPU", "problem", "no kernels for it", "With nvcc 13 on PATH: TORCH_ACT_CUDA=1 pip"),
    ),
    "another architecture": (
        replace(GPU, build=_built(architectures="sm_80")),
        ("GPU", "problem", "9.0: not among sm_80", "TORCH_CUDA_ARCH_LIST=9.0 pip"),
    ),
    "no toolkit": (
        replace(GPU, build=_built(cuda=None), toolkit=None, gpus=()),
        ("toolkit", "note", "none", "nvcc 13 on PATH or in CUDA_HOME"),
    ),
    "toolkit of another major": (
        replace(GPU, build=_built(cuda=None), toolkit="12.8", gpus=()),
        ("toolkit", "note", "nvcc 12.8, of another major", "toolkit 13"),
    ),
    "no tools": (
        replace(CPU, missing={"tools": ("typer", "matplotlib"), "test": ()}),
        ("tools", "note", "missing: typer, matplotlib", "pip install 'torch-act[tools]', for the"),
    ),
}


@pytest.mark.parametrize("lack", LACKS)
def test_what_is_missing_is_named_with_what_to_do(lack):
    lacking, (name, level, value, advice) = LACKS[lack]
    findings = examine(lacking)
    (found,) = [f for f in findings if f.name == name and f.level != "ok"]
    assert found.level == level
    assert value in found.value
    assert advice in found.advice
    assert healthy(findings) == (level != "problem")
    text = finding.as_text(findings)
    assert f"{finding.MARKS[level]}{name}" in text
    assert " ".join(found.advice.split()) in " ".join(text.split())
    assert "to be put right" in text or level != "problem"


def test_a_toolkit_is_not_needed_to_run():
    (found,) = [f for f in examine(replace(GPU, toolkit=None)) if f.name == "toolkit"]
    assert (found.level, found.value) == ("ok", "none; none is needed to run")


@pytest.mark.parametrize(
    ("architectures", "capability", "runs"),
    [
        ("sm_80 sm_90 sm_100 sm_120 compute_80", (9, 0), True),
        ("sm_80 sm_90 sm_100 sm_120 compute_80", (8, 6), True),
        ("sm_80 compute_80", (12, 0), True),
        ("sm_80 compute_80", (7, 5), False),
        ("sm_80", (9, 0), False),
        ("8.6 9.0", (8, 0), False),
        ("9.0+PTX", (10, 0), True),
        ("9.0", (10, 0), False),
        ("Hopper", (9, 0), True),
    ],
)
def test_covered(architectures, capability, runs):
    assert covered(architectures, capability) == runs


def test_this_machine():
    here = this_machine()
    assert here.torch == torch.__version__
    assert here.threads == torch.get_num_threads()
    assert here.processors > 0
    assert here.gelu_in_the_tail == pytest.approx(machine.TAIL_VALUE, rel=1e-6)
    findings = {(f.group, f.name): f for f in examine(here)}
    used = torch_act._C.build_info()["instruction_set"]
    assert findings["CPU", "instruction set"].value.startswith(used)


@pytest.mark.parametrize(
    ("read", "text", "fact"),
    [
        (machine._huge_pages, "always [madvise] never\n", "madvise"),
        (machine._huge_pages, "", None),
        (
            machine._driver,
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\nGCC version: 12",
            "550.54.15",
        ),
        (machine._driver, "", None),
    ],
)
def test_what_the_system_writes_is_understood(read, text, fact):
    assert read(text) == fact


def test_quota_of_a_container(monkeypatch, tmp_path):
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    monkeypatch.setattr(machine, "QUOTA", tmp_path / "cpu.max")
    assert machine._processors() == 0.5
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert machine._processors() >= 1


def test_extras_that_are_not_installed():
    requirements = [
        "torch>=2.13",
        'pytest; extra == "test"',
        'no-such-package>=3; extra == "test"',
        'neither-this; platform_system == "Plan9" and extra == "test"',
        'pytest-xdist; extra == "tools"',
    ]
    assert machine._absent(requirements) == {"test": ("no-such-package",), "tools": ()}


@pytest.mark.parametrize(("lack", "status"), [("no huge pages", 0), ("another architecture", 1)])
@pytest.mark.parametrize("command", ["doctor", "info"])
def test_exit_status_and_json(monkeypatch, lack, status, command):
    monkeypatch.setattr("torch_act.doctor.this_machine", lambda: LACKS[lack][0])
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == status, result.output
    assert LACKS[lack][1][2] in result.output
    result = CliRunner().invoke(app, [command, "--json"])
    assert result.exit_code == status
    content = json.loads(result.stdout)
    assert content["healthy"] == (status == 0)
    assert {"group", "name", "value", "level", "advice"} == set(content["findings"][0])


def test_runs_without_the_tools(monkeypatch, capsys):
    for name in [name for name in sys.modules if name.startswith("torch_act.command_line")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    lacking = replace(CPU, missing={"tools": ("typer",)})
    monkeypatch.setattr("torch_act.doctor.this_machine", lambda: lacking)
    monkeypatch.setattr(sys, "argv", ["torch_act", "doctor"])
    with pytest.raises(SystemExit) as exit:
        __main__.main()
    assert exit.value.code == 0
    assert "pip install 'torch-act[tools]'" in capsys.readouterr().out
