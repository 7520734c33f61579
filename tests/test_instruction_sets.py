"""AVX-512, AVX2 and the baseline give the same bits, each in a process of its own.

Run as a script, this file prints a digest of every result for the instruction set of its process.
"""

import hashlib
import json
import math
import os
import subprocess
import sys

import numpy as np
import pytest

CAPABILITIES = ("default", "avx2", "avx512")  # each includes the ones before it


def _digests():
    import torch
    from activations import CASES, DTYPES, bits

    def digest(*tensors):
        hasher = hashlib.sha256()
        for tensor in tensors:
            hasher.update(bits(tensor).numpy().tobytes())
        return hasher.hexdigest()[:16]

    # From numpy: torch's own randn and exp2 differ between instruction sets.
    generator = np.random.default_rng(11)
    scaled = np.ldexp(generator.uniform(-2, 2, 20_000), generator.integers(-130, 127, 20_000))
    special = [0.0, -0.0, math.inf, -math.inf, math.nan]
    wide = np.concatenate([generator.uniform(-12, 12, 60_000), scaled, special])
    wide, gradients = torch.from_numpy(wide), torch.from_numpy(generator.uniform(-2, 2, len(wide)))

    found = {}
    for dtype in DTYPES:
        x, g = wide.to(dtype), gradients.to(dtype)
        for case in CASES:
            key = f"{case} {dtype}"
            found[f"{key} value"] = digest(
                case.value(x), case.value(x[::2]), case.in_place(x[3:].clone())
            )
            found[f"{key} backward"] = digest(case.backward(g, x), case.backward(g[::3], x[::3]))
            found[f"{key} double backward"] = digest(case.double_backward(g, g, x))
            if case.output_gives_gradient:
                found[f"{key} from output"] = digest(
                    case.backward(g, x, is_result=True),
                    case.double_backward(g, g, x, is_result=True),
                )
        image, weight = (
            x[:79_968].view(34, 48, 49),
            torch.from_numpy(np.linspace(-0.5, 2, 48)).to(dtype),
        )
        grad_input, grad_weight = torch.ops.act.prelu_backward(
            g[:79_968].view(34, 48, 49), image.nan_to_num(), weight
        )
        found[f"prelu {dtype}"] = digest(torch.ops.act.prelu(image, weight))
        found[f"prelu backward {dtype}"] = digest(grad_input)
        found[f"prelu backward of weight {dtype}"] = digest(grad_weight)
        torch.manual_seed(3)
        found[f"rrelu {dtype}"] = digest(
            torch.ops.act.rrelu(x, 0.1, 0.7, True), torch.ops.act.rrelu(x)
        )
        found[f"glu {dtype}"] = digest(
            torch.ops.act.glu(image[:, :, :48]), torch.ops.act.glu(image, 1)
        )
        for layout in ("first", "interleaved"):
            gated = {"activation": "gelu", "layout": layout}
            found[f"gated {layout} {dtype}"] = digest(
                torch.ops.act.gated(image[:, :, :48], **gated),
                torch.ops.act.gated_backward(image[:, :, :24], image[:, :, :48], **gated),
            )
        biased = torch.ops.act.bias_act_backward(
            g[:79_968].view(34, 48, 49), image, weight, "silu", dim=1
        )
        found[f"bias_act {dtype}"] = digest(
            torch.ops.act.bias_act(image, weight, "silu", dim=1), biased[0]
        )
        biased = torch.ops.act.bias_act_backward(
            g[:79_968].view(34, 48, 49), image.nan_to_num(), weight, "silu", dim=1
        )
        found[f"bias_act's bias {dtype}"] = digest(biased[1])
    return found


def _run(capability):
    """The report of a process that is limited to `capability` (None: as the machine is)."""
    environment = {key: value for key, value in os.environ.items() if key != "ATEN_CPU_CAPABILITY"}
    if capability is not None:
        environment["ATEN_CPU_CAPABILITY"] = capability
    command = [sys.executable, __file__]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-2000:]
    return json.loads(finished.stdout)


@pytest.fixture(scope="module")
def machine():
    return _run(None)


def _available(machine):
    best = machine["torch"].lower()  # DEFAULT, AVX2, AVX512
    return (
        CAPABILITIES[: CAPABILITIES.index(best) + 1] if best in CAPABILITIES else CAPABILITIES[:1]
    )


@pytest.mark.parametrize("capability", CAPABILITIES)
def test_same_bits(capability, machine):
    if capability not in _available(machine):
        pytest.skip(f"this machine has {machine['torch']} at most")
    limited = _run(capability)
    assert limited["digests"].keys() == machine["digests"].keys()
    different = [
        key for key, value in limited["digests"].items() if machine["digests"][key] != value
    ]
    sets = f"{limited['chosen']} and {machine['chosen']}"
    assert not different, f"{len(different)} differ between {sets}: {different[:40]}"


def test_the_variable_chooses(machine):
    """Each capability runs its own build, or this file compares a build with itself."""
    chosen = [_run(capability)["chosen"] for capability in _available(machine)]
    assert len(set(chosen)) == len(chosen), chosen
    assert chosen[-1] == machine["chosen"]


if __name__ == "__main__":
    import torch
    import torch_act

    torch.set_num_threads(1)
    report = {
        "torch": torch.backends.cpu.get_cpu_capability(),
        "chosen": torch_act._C.build_info()["instruction_set"],
        "digests": _digests(),
    }
    print(json.dumps(report))
