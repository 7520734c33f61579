"""Every public function and module has an example in its docstring, which runs as it stands."""

import doctest

import pytest
import torch
import torch_act
from torch_act import functional, nn
from torch_act._examples import _printed

PUBLIC = {
    **{f"functional.{name}": getattr(functional, name) for name in functional.__all__},
    **{f"nn.{name}": getattr(nn, name) for name in nn.__all__},
    **{
        name: getattr(torch_act, name)
        for name in torch_act.__all__
        if callable(getattr(torch_act, name))
    },
}


@pytest.mark.parametrize("name", PUBLIC)
def test_example(name):
    documented = PUBLIC[name]
    scope = {"torch": torch, "torch_act": torch_act}
    test = doctest.DocTestParser().get_doctest(documented.__doc__, scope, name, None, None)
    assert test.examples, f"{name} has no example: give the catalogue's entry one (`examples`)"
    printed = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    assert runner.run(test, out=printed.append).failed == 0, "".join(printed)


@pytest.mark.parametrize(
    "values",
    [
        (-0.0455, 0.0, 2.996),
        (0.0, 1.0, 3.0),
        (-12.5, 0.25, 3.0),
        (0.5,),
        (-1.0, 20.0),
        (1e-22, 0.0, 1.0),
        (-2e-5, 1e-5),
        (3e8, 1e8),
        (1.0, 2000.0),
    ],
)
def test_printed_as_torch_prints(values):
    assert _printed(values) == repr(torch.tensor(values))
