"""torch.compile with our ops as kernels, and as arithmetic that Inductor fuses.

    python examples/compile.py

Needs a C++ compiler, as Inductor does.
"""

import torch
import torch_act
import torch_act.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)


def chain(x, scale, shift):
    return F.silu(x * scale + shift) * x


arguments = torch.randn(256, 1024), torch.randn(1024), torch.randn(1024)
expected = chain(*arguments)

# The default: one call of our kernel in the graph, with the bits of eager.
compiled = torch.compile(chain, fullgraph=True)
assert torch.equal(compiled(*arguments), expected)
print("as kernels: the bits of eager")

# One loop for the whole chain: the same formulas, a few ulp off.
with torch_act.compile_with("decompositions"):
    fused = compiled(*arguments)
torch.testing.assert_close(fused, expected, rtol=1e-6, atol=1e-6)
print(f"fused: at most {(fused - expected).abs().max():.1e} from eager")
