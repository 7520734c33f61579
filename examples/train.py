"""A network trained with torch's activations, and on with ours: same weights, same optimizer.

    python examples/train.py

Two interleaved spirals are to be told apart. Nothing is downloaded.
"""

import torch
import torch_act

torch.manual_seed(0)
torch.set_num_threads(1)

angle = 6 * torch.rand(1000).sqrt()
side = torch.arange(1000) % 2
radius = torch.where(side == 0, angle, -angle)
points = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)

model = torch.nn.Sequential(
    torch.nn.Linear(2, 64),
    torch.nn.GELU(),
    torch.nn.Linear(64, 64),
    torch.nn.Mish(),
    torch.nn.Linear(64, 2),
)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)


def train(steps):
    for _ in range(steps):
        loss = torch.nn.functional.cross_entropy(model(points), side)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    accuracy = (model(points).argmax(1) == side).float().mean().item()
    print(f"loss {loss.item():.4f}, {accuracy:.1%} right")
    return accuracy


train(100)  # torch's activations
print(torch_act.swap(model))
assert train(100) > 0.95  # ours

# The state is that of torch's network: it loads where torch_act is not installed.
plain = torch.nn.Sequential(
    torch.nn.Linear(2, 64),
    torch.nn.GELU(),
    torch.nn.Linear(64, 64),
    torch.nn.Mish(),
    torch.nn.Linear(64, 2),
)
plain.load_state_dict(model.state_dict())
torch.testing.assert_close(plain(points), model(points))
print("torch's modules compute the same with the weights that ours have learned")
