"""gumbel_softmax: the noise, its distribution and repetition, and the gradients."""

import math
import warnings

import mpmath
import pytest
import torch
import torch_act
from activations import same_bits

gumbel_softmax = torch_act.functional.gumbel_softmax
DTYPES = [torch.float32, torch.float64, torch.bfloat16, torch.float16]


def noise(size, dtype=torch.float32, device="cpu", state=(1234, 8)):
    state = torch.tensor(state, device=device)
    return torch.ops.act.add_gumbel(torch.zeros(size, dtype=dtype, device=device), state)


def philox_words(count, seed, offset):
    """Philox4x32-10 of the paper, in Python's integers."""
    words = []
    for group in range((count + 3) // 4):
        c = [group & 0xFFFFFFFF, group >> 32, offset & 0xFFFFFFFF, offset >> 32]
        key = [seed & 0xFFFFFFFF, seed >> 32]
        for _ in range(10):
            high0, low0 = divmod(0xD2511F53 * c[0], 1 << 32)
            high1, low1 = divmod(0xCD9E8D57 * c[2], 1 << 32)
            c = [high1 ^ c[1] ^ key[0], low1, high0 ^ c[3] ^ key[1], low0]
            key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
        words += c
    return words[:count]


@pytest.mark.parametrize(("dtype", "bound"), [(torch.float32, 3), (torch.float64, 3)], ids=str)
def test_noise_is_the_formulas(dtype, bound, device):
    """In units of the noise, or of 1 where it is smaller: it is added to logits."""
    seed, offset, size = (0xDEADBEEF << 32) | 17, 5 << 40, 4000
    signed = seed - (1 << 64)
    drawn = noise(size, dtype, device, (signed, offset)).tolist()
    eps = torch.finfo(dtype).eps
    with mpmath.workdps(40):
        for ours, word in zip(drawn, philox_words(size, seed, offset), strict=True):
            u = (mpmath.mpf(word) + 0.5) / 2**32
            exact = -mpmath.log(-mpmath.log(1 - u))
            assert abs(ours - exact) <= bound * eps / 2 * max(1, abs(exact))


def test_the_ends_of_the_range(device):
    """The extreme words give the extreme numbers: all finite."""
    drawn = torch.cat([noise(1 << 22, device=device, state=(k, 0)) for k in range(3)])
    assert drawn.isfinite().all()
    assert drawn.min() > -3.14
    assert 14 < drawn.max() < 22.88


def test_distribution(device):
    size = 1 << 20
    drawn = noise(size, torch.float64, device).cpu().sort().values
    uniform = (-(-drawn).exp()).exp()
    ranks = (torch.arange(size, dtype=torch.float64) + 0.5) / size
    assert (uniform - ranks).abs().max() < 2.0 / math.sqrt(size)  # Kolmogorov–Smirnov, p < 1e-3
    assert abs(drawn.mean() - 0.5772156649) < 5 * math.pi / math.sqrt(6 * size)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("hard", [False, True])
def test_frequencies_are_the_softmax(dtype, hard, device):
    logits = torch.tensor([0.0, 1.0, -2.0, 3.0, -torch.inf, 0.5], dtype=dtype, device=device)
    draws = 200_000
    torch.manual_seed(0)
    y = gumbel_softmax(logits.expand(draws, 6), tau=0.3, hard=hard)
    counts = y.argmax(-1).bincount(minlength=6).double().cpu()
    p = logits.double().cpu().softmax(-1)
    assert counts[4] == 0
    # Ties of half types' rounded results go to the lower index: none does in one-hot ones.
    slack = 0 if hard or dtype.itemsize > 2 else draws * 4 * torch.finfo(dtype).eps
    assert ((counts - draws * p).abs() <= 5 * (draws * p * (1 - p)).sqrt() + slack).all()


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_rows_sum_to_one_and_hard_rows_are_one_hot(dtype, device):
    logits = torch.randn(50, 33, device=device).to(dtype)
    for dim in (0, 1):
        soft = gumbel_softmax(logits, tau=0.7, dim=dim)
        assert soft.dtype == dtype
        assert ((soft.double().sum(dim) - 1).abs() <= 33 * torch.finfo(dtype).eps).all()
        hard = gumbel_softmax(logits, tau=0.7, hard=True, dim=dim)
        assert ((hard == 0) | (hard == 1)).all()
        assert (hard.sum(dim) == 1).all()


def test_gradients_are_those_of_the_softmax(device):
    logits = torch.randn(6, 9, dtype=torch.float64, device=device, requires_grad=True)
    g = torch.randn(6, 9, dtype=torch.float64, device=device)
    for hard in (False, True):
        torch.manual_seed(5)
        y = gumbel_softmax(logits, tau=0.7, hard=hard)
        (ours,) = torch.autograd.grad(y, logits, g)
        torch.manual_seed(5)
        soft = gumbel_softmax(logits, tau=0.7).detach()
        want = soft * (g - (g * soft).sum(-1, keepdim=True)) / 0.7
        torch.testing.assert_close(ours, want, rtol=1e-12, atol=1e-14)


def test_every_order(device):
    logits = torch.randn(3, 5, dtype=torch.float64, device=device, requires_grad=True)

    def repeated(x):
        torch.manual_seed(1)
        return gumbel_softmax(x, tau=0.7)

    torch.autograd.gradcheck(repeated, logits, check_forward_ad=True)
    torch.autograd.gradgradcheck(repeated, logits)


def test_seed_and_generator(device):
    x = torch.randn(4, 100, device=device)
    torch.manual_seed(3)
    first, second = gumbel_softmax(x), gumbel_softmax(x)
    torch.manual_seed(3)
    assert same_bits(gumbel_softmax(x), first)
    assert same_bits(gumbel_softmax(x), second)
    assert not same_bits(first, second)
    generator = torch.Generator(device).manual_seed(9)
    own = gumbel_softmax(x, generator=generator)
    assert same_bits(gumbel_softmax(x, generator=torch.Generator(device).manual_seed(9)), own)
    assert not same_bits(gumbel_softmax(x, generator=generator), own)


def test_noise_belongs_to_elements_not_to_memory(device):
    state = torch.tensor([1, 2], device=device)
    x = torch.randn(6, 5, 40, device=device)
    want = torch.ops.act.add_gumbel(x, state)
    for other in (
        x.permute(2, 0, 1).contiguous().permute(1, 2, 0),
        x.repeat(1, 1, 2)[..., :40],
        torch.stack([x, x], -1)[..., 0],
    ):
        assert same_bits(torch.ops.act.add_gumbel(other, state), want)
    states = torch.tensor([[1, 2], [3, 4]], device=device)
    two = torch.ops.act.add_gumbel(x[:2], states)
    assert same_bits(two[1], torch.ops.act.add_gumbel(x[1], states[1]))


def test_checkpoint_draws_the_same_again(device):
    x = torch.randn(8, 8, device=device, requires_grad=True)
    results = []

    def layer(x):
        results.append(gumbel_softmax(x, tau=0.5))
        return results[-1] * 3  # what is recomputed saves the output, and stops before the last op

    torch.utils.checkpoint.checkpoint(layer, x, use_reentrant=False).square().sum().backward()
    y = results[0].detach()
    want = torch.ops.act.masked_softmax_backward(18 * y, y, -1, 0.5, x.dtype)
    torch.testing.assert_close(x.grad, want)


def test_compiled(device):
    x = torch.randn(4, 9, device=device, requires_grad=True)
    compiled = torch.compile(lambda x: gumbel_softmax(x, 0.7, hard=True), fullgraph=True)
    torch.manual_seed(2)
    y = compiled(x)
    torch.manual_seed(2)
    want = gumbel_softmax(x, 0.7, hard=True)
    assert same_bits(y, want)
    g = torch.randn_like(y)
    ours, eager = (torch.autograd.grad(r, x, g)[0] for r in (y, want))
    torch.testing.assert_close(ours, eager)


def test_vmap(device):
    x = torch.randn(5, 7, device=device)
    torch.manual_seed(1)
    same = torch.vmap(gumbel_softmax, randomness="same")(x[:1].expand(5, 7))
    assert same_bits(same[0], same[4])
    different = torch.vmap(gumbel_softmax, randomness="different")(x[:1].expand(5, 7))
    assert not same_bits(different[0], different[4])
    with pytest.raises(RuntimeError, match="gumbel_softmax draw random numbers"):
        torch.vmap(gumbel_softmax)(x)


def test_nothing_but_the_output_is_saved(device):
    x = torch.randn(4, 6, device=device, requires_grad=True)
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(
        lambda t: saved.append(t.shape) or t, lambda t: t
    ):
        gumbel_softmax(x)
    assert saved == [(4, 6)]


def test_signature_and_errors(device):
    x = torch.randn(4, 6, device=device)
    with pytest.warns(UserWarning, match="`eps` parameter is deprecated and has no effect"):
        gumbel_softmax(x, 1.0, True, 1e-5, -1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gumbel_softmax(x, 1.0, True, 1e-10, 0)
    for tau in (0.0, -1.0, math.nan):
        with pytest.raises(ValueError, match="gumbel_softmax: expected temperature > 0"):
            gumbel_softmax(x, tau)
    with pytest.raises(RuntimeError, match="gumbel_softmax"):
        gumbel_softmax(x.int())
    with pytest.raises(IndexError, match="gumbel_softmax: expected dim in"):
        gumbel_softmax(x, dim=2)
    with pytest.raises(RuntimeError, match=r"add_gumbel: expected a tensor of torch.float32 or"):
        torch.ops.act.add_gumbel(x.half(), torch.tensor([1, 2], device=device))
    assert gumbel_softmax(torch.full((3,), -torch.inf, device=device)).isnan().all()
    assert gumbel_softmax(torch.empty(0, 5, device=device)).shape == (0, 5)
