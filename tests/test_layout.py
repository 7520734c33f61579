"""A result depends on the element alone: not on length, position, alignment or strides.

The longest tensor is computed once; everything else must repeat its bits.
"""

from functools import lru_cache

import pytest
import torch
import torch_act
from activations import CASES, COMPUTED_IN, DTYPES, FORMULAS, numbers_of_kernels, same_bits
from specified import width

BLOCK_EDGES = [n + d for n in (256, 512, 1024, 4096, 8192, 32768, 65536) for d in (-1, 0, 1)]
SIZES = [*range(71), *BLOCK_EDGES]
LONGEST = max(SIZES) + 8


@lru_cache(maxsize=8)  # the layouts of one case and dtype follow each other
def _numbers(case, dtype, device, size=LONGEST):
    """Ordinary, huge and special numbers, so that every lane of a vector meets each kind; only to
    be read."""
    generator = torch.Generator().manual_seed(7)
    wide = COMPUTED_IN[dtype]
    x = torch.randn(size, generator=generator, dtype=wide) * 5 * width(case)
    exponents = torch.randint(-40, 40, (size,), generator=generator).to(wide)
    x[::7] *= torch.exp2(exponents)[::7]
    special = torch.tensor(
        [float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e-45, -1e-45], dtype=wide
    )
    x[3::11] = special[torch.randint(len(special), x[3::11].shape, generator=generator)]
    g = torch.randn(size, generator=generator, dtype=wide)
    return x.to(device, dtype), g.to(device, dtype)


def _operations(case):
    """Name and function of (x, grad_output) for the value and both backwards."""
    yield "value", lambda x, g: case.value(x)
    yield "backward", lambda x, g: case.backward(g, x)
    yield "double_backward", lambda x, g: case.double_backward(g, g, x)


@numbers_of_kernels
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_length_and_alignment(case, dtype, device):
    x, g = _numbers(case, dtype, device)
    for name, operation in _operations(case):
        longest = operation(x, g)
        for size in SIZES:
            for offset in (0, 1, 2, 3) if size < 300 else (0, 1):
                part = slice(offset, offset + size)
                assert same_bits(operation(x[part], g[part]), longest[part]), (name, size, offset)
                if size < 300:
                    assert same_bits(operation(x[part].clone(), g[part].clone()), longest[part]), (
                        name,
                        size,
                    )


@numbers_of_kernels
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_one_by_one(case, dtype, device):
    x, g = _numbers(case, dtype, device, 160)
    for name, operation in _operations(case):
        together = operation(x, g)
        alone = torch.stack([operation(x[i], g[i]) for i in range(len(x))])
        assert same_bits(alone, together), name
        at = (alone.isnan() != together.isnan()).nonzero()
        assert len(at) == 0, (name, x[at])


LAYOUTS = {
    "0-d": lambda x: x[5],
    "one element": lambda x: x[5:6],
    "empty": lambda x: x[:0],
    "empty, several dimensions": lambda x: x[:0].view(2, 0, 3),
    "stride 2": lambda x: x[::2],
    "stride 3, offset": lambda x: x[1:3001:3],
    "matrix": lambda x: x[:3000].view(60, 50),
    "transposed": lambda x: x[:3000].view(60, 50).t(),
    "transposed, large": lambda x: x[: 200 * 300].view(200, 300).t(),
    "permuted": lambda x: x[:2520].view(5, 7, 8, 9).permute(2, 0, 3, 1),
    "gaps between rows": lambda x: x[:3000].view(60, 50)[:, :33],
    "gaps, transposed": lambda x: x[:3000].view(60, 50)[:, 3:36].t(),
    "gaps everywhere": lambda x: x[:3000].view(10, 12, 25)[::2, 1:11:3, ::4],
    "channels_last": lambda x: x[:2520].view(5, 7, 8, 9).to(memory_format=torch.channels_last),
    "channels_last, sliced": lambda x: (
        x[:2520].view(5, 7, 8, 9).to(memory_format=torch.channels_last)[:, 1:6]
    ),
    "channels_last_3d": lambda x: (
        x[:5040].view(2, 7, 8, 9, 5).to(memory_format=torch.channels_last_3d)
    ),
    "expanded": lambda x: x[:50].view(50, 1).expand(50, 40),
    "expanded, outer": lambda x: x[:50].expand(40, 50),
    "expanded scalar": lambda x: x[5].expand(3, 4, 5),
    "size-1 dimensions": lambda x: x[:60].view(1, 60, 1).transpose(0, 2),
    "diagonal": lambda x: x[:3600].view(60, 60).diagonal(),
    "unfolded": lambda x: x[:100].unfold(0, 10, 3),
    "long rows with gaps": lambda x: x[:60000].view(3, 20000)[:, :19999],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_strides(case, dtype, layout, device):
    x, g = (LAYOUTS[layout](t) for t in _numbers(case, dtype, device))
    plain_x, plain_g = x.contiguous(), g.contiguous()
    for name, operation in _operations(case):
        expected = operation(plain_x.clone(), plain_g.clone())
        for left, right in ((x, g), (x, plain_g), (plain_x, g)):
            result = operation(left, right)
            assert same_bits(result, expected), name
            if result.numel():
                assert result.stride() == torch.empty_like(left).stride(), name


@pytest.mark.parametrize("layout", LAYOUTS)
def test_result_has_the_strides_of_torch(layout, device):
    x = LAYOUTS[layout](torch.randn(LONGEST, device=device))
    ours, theirs = torch.ops.act.silu(x), torch.nn.functional.silu(x)
    # The stride of a dimension of one element says nothing.
    long = [dimension for dimension, size in enumerate(x.shape) if size > 1]
    assert [ours.stride(d) for d in long] == [theirs.stride(d) for d in long]


@pytest.mark.parametrize(
    "layout", [name for name in LAYOUTS if "expanded" not in name and name != "unfolded"]
)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_strided_in_place_and_out(case, dtype, layout, device):
    x = _numbers(case, dtype, device)[0]
    view = LAYOUTS[layout](x)
    expected = case.value(view.contiguous())

    before, target = x.clone(), x.clone()
    part = LAYOUTS[layout](target)
    if part.untyped_storage().data_ptr() == target.untyped_storage().data_ptr():
        outside = torch.ones(len(x), dtype=torch.bool, device=device)
        LAYOUTS[layout](outside).fill_(False)
        assert case.in_place(part) is part
        assert same_bits(part, expected)
        assert same_bits(target[outside], before[outside]), "wrote outside of the view"

    scattered = torch.full_like(x, 77)
    out = LAYOUTS[layout](scattered)
    assert case.out(view, out) is out
    assert same_bits(out, expected)
    contiguous = torch.empty(view.shape, dtype=dtype, device=device)
    assert same_bits(case.out(view, contiguous), expected)
    assert contiguous.is_contiguous()


@pytest.mark.parametrize("case", FORMULAS, ids=str)
def test_gradient_arrives_in_another_layout(case, device):
    """What a sum, a transposition or a mixed memory format make of a gradient on its way back."""
    x = torch.randn(3, 4, 5, 6, device=device)
    expected = case.derivative(x)
    for layout in (
        x,
        x.to(memory_format=torch.channels_last),
        x.transpose(1, 3).contiguous().transpose(1, 3),
    ):
        leaf = layout.clone(memory_format=torch.preserve_format).requires_grad_()
        with torch_act.saved_as("input"):
            first, second = case.value(leaf), case.value(leaf)
        first.sum().backward()  # expanded from one number
        assert same_bits(leaf.grad + 0, expected + 0)
        leaf.grad = None
        g = torch.randn(3, 6, 5, 4, device=device)
        (second.transpose(1, 3) * g).sum().backward()
        assert torch.allclose(leaf.grad, g.transpose(1, 3) * expected)
