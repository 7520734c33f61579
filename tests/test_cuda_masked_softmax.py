"""The CUDA kernels of the masked softmax, as nvcc compiled them, against the CPU's.

What they share with the unmasked ones (how rows are divided among threads, sums, layouts) is
examined by tests/test_cuda_softmax.py; here it is the mask, the temperature and what is absent.
"""

import pytest
import torch
import torch_act  # noqa: F401  registers the CPU ops
from masked_softmax_launchers import launchers
from ptxsim.compilation import ARCHITECTURES, NO_NVCC, nvcc
from softmax_launchers import MEMBERS
from test_cuda_softmax import AGREEMENT, DTYPES, names, numbers, ulps

pytestmark = pytest.mark.skipif(nvcc() is None, reason=NO_NVCC)

member = pytest.mark.parametrize("name", MEMBERS)
# In registers (few, many), by a block, read twice, side by side, middle dim.
SHAPES = [((5, 7), 1), ((3, 28), 1), ((2, 200), 1), ((2, 2500), 1), ((1, 16400), 1)]
SHAPES += [((40, 9), 0), ((300, 33), 0), ((2, 70, 5), 1)]


@pytest.fixture(params=ARCHITECTURES)
def launcher(request):
    return launchers(request.param)


def op(name, backward=False):
    return getattr(torch.ops.act, f"masked_{name}" + ("_backward" if backward else ""))


def absent(name):
    return -torch.inf if name == "log_softmax" else 0.0


def case(shape, dtype):
    x = numbers(*shape, dtype=dtype)
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(2)) < 0.5
    rubbish = torch.tensor([torch.nan, torch.inf, -torch.inf, 1e4], dtype=dtype)
    return torch.where(mask, x, rubbish.repeat(x.numel())[: x.numel()].view(shape)), mask


def check(launcher, name, x, mask, dim, temperature=0.7, empty="zero"):
    want = op(name)(x, dim, mask=mask, temperature=temperature, empty=empty)
    y = launcher.forward(name, x, dim, mask, temperature, empty)
    assert ulps(y, want) <= AGREEMENT[x.dtype]
    assert torch.equal(y == absent(name), want == absent(name))
    g = torch.where(want == absent(name), torch.nan, numbers(*x.shape, dtype=x.dtype, seed=1))
    gradient = launcher.backward(name, g, want, dim, temperature)
    of_cpu = op(name, backward=True)(g, want, dim, temperature, x.dtype)
    assert torch.equal(gradient.isnan(), of_cpu.isnan())
    assert (gradient[want == absent(name)] == 0).all()
    # The sums' last digits differ, and what is left of a difference of near-equal numbers.
    size = want.exp() if name == "log_softmax" else want
    scale = size.abs().double() * g.nan_to_num(nan=0.0).abs().double().sum(dim, keepdim=True)
    bound = 4 * torch.finfo(x.dtype).eps * (of_cpu.double().abs() + scale / temperature)
    close = (gradient.double() - of_cpu.double()).abs() <= bound + torch.finfo(x.dtype).tiny
    assert (close | of_cpu.isnan()).all()


@pytest.mark.parametrize(("shape", "dim"), SHAPES, ids=str)
@member
def test_shapes(launcher, name, shape, dim):
    check(launcher, name, *case(shape, torch.float32), dim)


@pytest.mark.parametrize("dtype", DTYPES[1:], ids=names)
@member
def test_dtypes(launcher, name, dtype):
    for shape, dim in (((3, 28), 1), ((40, 9), 0), ((1, 4100), 1)):
        check(launcher, name, *case(shape, dtype), dim)


@member
def test_masks_are_read_as_they_lie(launcher, name):
    x = numbers(4, 3, 40, dtype=torch.float32)
    for mask in (
        torch.rand(4, 1, 40) < 0.5,
        torch.rand(40) < 0.5,
        torch.rand(3, 1) < 0.5,
        (torch.rand(40, 3, 4) < 0.5).permute(2, 1, 0),
        (torch.rand(4, 3, 80) < 0.5)[..., ::2],
        torch.tensor(False),
    ):
        for dim in range(3):
            check(launcher, name, x, mask, dim)


@member
def test_rows_without_elements(launcher, name):
    for shape in ((4, 12), (4, 300), (2, 16400)):
        x, mask = case(shape, torch.float32)
        mask[1] = False
        for empty in ("zero", "nan"):
            y = launcher.forward(name, x, 1, mask, 1.0, empty)
            want = op(name)(x, 1, mask=mask, empty=empty)
            assert ulps(y, want) <= AGREEMENT[x.dtype]
            assert y[1].isnan().all() if empty == "nan" else (y[1] == absent(name)).all()


@member
def test_nan_among_the_kept(launcher, name):
    for shape in ((3, 12), (3, 300), (2, 16400)):
        x, mask = case(shape, torch.float32)
        x[0, 1], mask[0, 1] = torch.nan, True
        y = launcher.forward(name, x, 1, mask)
        assert y[0][mask[0]].isnan().all()
        assert (y[0][~mask[0]] == absent(name)).all()
        gradient = launcher.backward(name, torch.ones_like(y), y, 1)
        assert (gradient[~mask] == 0).all()


@member
def test_without_a_mask(launcher, name):
    for shape in ((3, 28), (2, 2500)):
        x = numbers(*shape, dtype=torch.float32)
        check(launcher, name, x, None, 1, temperature=0.7, empty="nan")
        check(launcher, name, x, None, 1, temperature=1.0)
