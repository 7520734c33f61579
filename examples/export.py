"""torch.export: a program with our ops, saved and loaded, and one for where torch_act is not.

python examples/export.py
"""

import tempfile
from pathlib import Path

import torch
import torch_act

torch.manual_seed(0)
model = torch.nn.Sequential(
    torch.nn.Linear(8, 32), torch.nn.GELU(), torch.nn.Linear(32, 4), torch.nn.Softmax(-1)
).eval()
torch_act.swap(model)
example = (torch.randn(3, 8),)
rows = torch.export.Dim("rows")
program = torch.export.export(model, example, dynamic_shapes=[{0: rows}])
ours = [str(node.target) for node in program.graph.nodes if "act." in str(node.target)]
print("the program calls", ", ".join(ours))

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder, "model.pt2")
    torch.export.save(program, file)
    loaded = torch.export.load(file).module()  # needs `import torch_act` before
x = torch.randn(100, 8)
assert torch.equal(loaded(x), model(x))

# torch's activations again: this one runs anywhere.
torch_act.unswap(model)
plain = torch.export.export(model, example, dynamic_shapes=[{0: rows}])
assert not any("act." in str(node.target) for node in plain.graph.nodes)
torch.testing.assert_close(plain.module()(x), loaded(x))
print("without torch_act:", ", ".join(str(n.target) for n in plain.graph.nodes if "gelu" in n.name))
