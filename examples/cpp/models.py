"""Models with our ops, for the programs beside this file, and what they give in eager Python.

    python examples/cpp/models.py FOLDER

writes FOLDER/model.pt (TorchScript), FOLDER/model.pt2 (torch.export, compiled by AOTInductor), and
FOLDER/example.pt: an input and its result.
"""

import sys
import warnings
from pathlib import Path

import torch
import torch_act

# torch's own: TorchScript is deprecated, and export copies what it no longer wants to be copied.
warnings.filterwarnings("ignore", category=DeprecationWarning)
warnings.filterwarnings("ignore", category=FutureWarning)

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Linear(8, 16),
    torch_act.nn.GELU(),
    torch.nn.Linear(16, 16),
    torch_act.nn.GLU(),
    torch_act.nn.Softmax(-1),
).eval()
x = torch.randn(3, 8)

with torch.no_grad():
    y = model(x)
    torch.save({"input": x, "result": y}, folder / "example.pt")
    torch.jit.save(torch.jit.trace(model, x), folder / "model.pt")

    batch = torch.export.Dim("batch", max=1024)
    program = torch.export.export(model, (x,), dynamic_shapes=({0: batch},))
    package = str(folder / "model.pt2")
    with torch_act.compile_with("kernels"):  # ours are called, as in eager: they are in the library
        torch._inductor.aoti_compile_and_package(program, package_path=package)
    again = torch._inductor.aoti_load_package(package)(x)

ops = {str(node.target) for node in program.graph.nodes if "act." in str(node.target)}
print("ops in the graph:", *sorted(ops))
print(f"AOTInductor in Python: largest difference from eager {(again - y).abs().max():.1e}")
