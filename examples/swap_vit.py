"""Our activations in a vision transformer of transformers, put there in the middle of a training.

    pip install transformers
    python examples/swap_vit.py

The model has random weights and the data are random: nothing is downloaded.
"""

import torch
import torch_act
from transformers import ViTConfig, ViTForImageClassification

torch.manual_seed(0)
torch.set_num_threads(1)
config = ViTConfig(
    image_size=32,
    patch_size=8,
    hidden_size=64,
    num_hidden_layers=3,
    num_attention_heads=4,
    intermediate_size=256,
    num_labels=10,
)
model = ViTForImageClassification(config)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
images, labels = torch.randn(64, 3, 32, 32), torch.randint(0, 10, (64,))


def train(steps):
    for _ in range(steps):
        loss = model(pixel_values=images, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.item()


print(f"with torch's activations: loss {train(10):.4f}")

# The parameters stay the same objects, so that the optimizer goes on working.
print(torch_act.swap(model))
print(f"with ours: loss {train(10):.4f}")

# What changed, module by module: differences, times, bytes saved for backward.
table = torch_act.compare(model.eval(), pixel_values=images)
assert table.model.difference < 1e-4

# For a program that has no torch_act: torch's modules again, with what they learned.
torch_act.unswap(model)
exported = torch.export.export(model, (images,))
assert "torch.ops.act" not in exported.graph_module.code
print("exported with", sum("gelu" in str(n.target) for n in exported.graph.nodes), "gelu nodes")
