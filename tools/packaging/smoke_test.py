"""What an installed torch_act must do before anyone is given it: `python smoke_test.py`.

Needs the package and torch alone. Ends with an error, or with one line that says what was tested.
"""

import importlib.metadata
import sys
from pathlib import Path

import torch
import torch_act

package = Path(torch_act.__file__).parent
assert package.is_relative_to(sys.prefix), f"{package} is not of this environment, {sys.prefix}"

# Forward, in place, out=, and both ways in.
x = torch.linspace(-4, 4, 101, dtype=torch.float64)
for name in ("relu", "gelu", "silu", "mish"):
    ours = getattr(torch_act.functional, name)(x)
    torch.testing.assert_close(ours, getattr(torch.nn.functional, name)(x))
    assert torch.equal(ours, getattr(torch.ops.act, name)(x))
assert torch.equal(torch.ops.act.relu_(x.clone()), x.clamp(min=0))

# The whole training step, with first and second derivatives.
model = torch.nn.Sequential(
    torch.nn.Linear(4, 8), torch_act.nn.SiLU(), torch.nn.Linear(8, 3), torch_act.nn.LogSoftmax(-1)
)
model(torch.randn(5, 4)).sum().backward()
assert all(p.grad.isfinite().all() for p in model.parameters())
point = torch.randn(6, dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradgradcheck(torch.ops.act.gelu, (point,))

# What C++ programs need.
for file in (
    "lib/libtorch_act.so",
    "include/act/ops.h",
    "include/act/formulas/gelu.h",
    "share/cmake/TorchAct/TorchActConfig.cmake",
    "share/cmake/TorchAct/TorchActConfigVersion.cmake",
    "py.typed",
):
    assert (package / file).exists(), f"{package / file} is missing"
assert not (package / "include/act").is_symlink()

# What the name says is in it: +torch2.14.cu130 has the CUDA kernels, of every op.
info = torch_act._C.build_info()
metadata = importlib.metadata.metadata("torch-act")
label = metadata["Version"].partition("+")[2]
if label:
    assert (info["cuda"] is None) == label.endswith(".cpu"), (label, info)


def ops_of(key):
    listed = torch._C._dispatch_get_registrations_for_dispatch_key(key)
    return {name for name in listed if name.startswith("act::")}


if info["cuda"] is not None:
    assert ops_of("CPU") <= ops_of("CUDA"), ops_of("CPU") - ops_of("CUDA")
    if torch.cuda.is_available():
        assert torch.equal(torch.ops.act.gelu(x.cuda()).cpu(), torch.ops.act.gelu(x))
print(
    f"torch-act {metadata['Version']} runs: {info['instruction_set']}, "
    f"CUDA kernels {info['cuda']}, torch {torch.__version__}, "
    f"requires {metadata.get_all('Requires-Dist')[0]}"
)
