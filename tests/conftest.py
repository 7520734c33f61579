"""Shared by all tests: devices, a fixed seed, global state put back, the table of errors."""

import os

import pytest
import torch
import torch_act
from devices import choose, why_missing


def pytest_addoption(parser):
    parser.addoption(
        "--devices",
        default="cpu,cuda",
        help="what tests with a device run on: cpu, cuda, cuda:1 or stand_in (tests/stand_in)",
    )
    parser.addoption(
        "--another-torch",
        action="store_true",
        help="leaves out what a run on one torch shows for all: what is marked of_any_torch",
    )


def _devices(config):
    return config.getoption("--devices").split(",")


def pytest_configure(config):
    # Workers share the processors. With more threads than there are, each parallel loop spins until
    # the last of its threads has had a turn: most of a run's time. Tests of threads set their own.
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    torch.set_num_threads(max(torch.get_num_threads() // workers, 1))
    config.addinivalue_line("markers", "cuda: what only a CUDA device can show")
    config.addinivalue_line("markers", "no_stand_in(reason): what tests/stand_in cannot be")
    config.addinivalue_line(
        "markers", "of_any_torch(reason): what no release of torch changes, on the CPU"
    )
    config.addinivalue_line("markers", "seeded_bug: that a bug is seen; compiles a kernel")
    reasons = {device: why_missing(device) for device in _devices(config)}
    if all(reasons.values()):
        raise pytest.UsageError(f"--devices: nothing to run on, {reasons}")
    if "stand_in" in reasons:
        import stand_in

        stand_in.register()
    # torch itself still calls what it deprecates, when forward-mode AD or Inductor is first used
    # (2.13: a DeprecationWarning, 2.14: a FutureWarning).
    config.addinivalue_line("filterwarnings", "ignore:.torch.jit.script(_method)?. is deprecated")
    # And 2.14 reads the .grad of what becomes a fake tensor, and hides the warning in a way that
    # does not stop an error: opcheck fails for torch's own ops, too.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:The .grad attribute of a Tensor that is not a leaf:UserWarning:torch._subclasses",
    )


def pytest_report_header():
    # Installed, or the sources' own: a log that says nothing else cannot tell.
    kernels = torch_act._C.build_info().get("architectures", "none")
    return f"torch_act: {torch_act.__path__[0]}, torch {torch.__version__}, CUDA kernels: {kernels}"


def pytest_generate_tests(metafunc):
    if "device" in metafunc.fixturenames:
        devices = [d for d in _devices(metafunc.config) if not why_missing(d)]
        if marker := metafunc.definition.get_closest_marker("no_stand_in"):
            skip = pytest.mark.skip(reason=marker.args[0])
            devices = [pytest.param(d, marks=skip) if d == "stand_in" else d for d in devices]
        metafunc.parametrize("device", devices)


@pytest.hookimpl(tryfirst=True)  # what -k and -m then choose from
def pytest_collection_modifyitems(config, items):
    items[:] = choose(items, _devices(config))
    if config.getoption("another_torch"):
        shown = [item for item in items if _is_shown_by_any_torch(item)]
        config.hook.pytest_deselected(items=shown)
        items[:] = [item for item in items if not _is_shown_by_any_torch(item)]


def _is_shown_by_any_torch(item):
    if item.get_closest_marker("of_any_torch") is None:
        return False
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("device", "cpu") == "cpu"


@pytest.fixture(autouse=True)
def _global_state():
    threads, default_dtype = torch.get_num_threads(), torch.get_default_dtype()
    torch.manual_seed(20240229)
    yield
    torch.set_num_threads(threads)
    torch.set_default_dtype(default_dtype)


@pytest.fixture
def fresh_compiler():
    """Nothing compiled before, or counted, and nothing left."""
    from torch._dynamo.utils import counters

    torch._dynamo.reset()
    counters.clear()
    yield
    torch._dynamo.reset()


@pytest.fixture
def measured(request, record_property):
    """measured(kind, case, number): keeps a measured number for the table at the end of the run."""
    device = request.getfixturevalue("device") if "device" in request.fixturenames else "cpu"
    where = "" if device == "cpu" else f", {device}"

    def record(kind, case, number):
        record_property(f"measured: {kind}{where}", [str(case), float(number)])

    return record


def pytest_terminal_summary(terminalreporter):
    table = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, number in getattr(report, "user_properties", ()):
                if name.startswith("measured: ") and getattr(report, "when", "") == "call":
                    table.setdefault(name.removeprefix("measured: "), []).append(number)
    if not table:
        return
    terminalreporter.section("measured")
    for kind, rows in sorted(table.items()):
        rows.sort(key=lambda row: -row[1])
        worst = ", ".join(f"{case} {number:.4g}" for case, number in rows[:6])
        terminalreporter.write_line(f"{kind}: worst of {len(rows)}: {worst}")
