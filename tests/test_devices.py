"""Which tests run on which device, and what is left of those whose device is missing."""

from types import SimpleNamespace

import devices
import pytest
import torch


def _item(function, *, device=False, cuda=False):
    return SimpleNamespace(
        function=function,
        originalname=function,
        parent=None,
        fixturenames=["device"] if device else [],
        get_closest_marker=lambda name: cuda or None,
    )


class _Entry(SimpleNamespace):
    @classmethod
    def from_parent(cls, parent, name, reason):
        return cls(name=name, reason=reason)


@pytest.fixture
def chosen(monkeypatch):
    """chosen(devices, missing): of two cases of each kind of test, by name."""

    def choose(asked, missing=()):
        monkeypatch.setattr(devices, "Missing", _Entry)
        monkeypatch.setattr(devices, "why_missing", lambda d: "gone" if d in missing else None)
        plain, both, cuda = (
            [_item(name, **kind)] * 2
            for name, kind in (("plain", {}), ("both", {"device": True}), ("gpu", {"cuda": True}))
        )
        return [
            item.name if isinstance(item, _Entry) else item.function
            for item in devices.choose(plain + both + cuda, asked)
        ]

    return choose


def test_all_devices_are_there(chosen):
    assert chosen(["cpu", "cuda"]) == ["plain"] * 2 + ["both"] * 2 + ["gpu"] * 2


def test_one_entry_for_each_test_of_a_missing_device(chosen):
    left = ["plain"] * 2 + ["both"] * 2 + ["both[cuda]", "gpu[cuda]"]
    assert chosen(["cpu", "cuda"], missing=["cuda"]) == left


def test_without_the_cpu(chosen):
    assert chosen(["stand_in"]) == ["both"] * 2
    assert chosen(["cuda:1"]) == ["both"] * 2 + ["gpu"] * 2


def test_reasons(monkeypatch):
    assert devices.why_missing("cpu") is None
    monkeypatch.setattr(torch.version, "cuda", None)
    assert devices.why_missing("cuda:1") == "torch is a CPU build"
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert devices.why_missing("cuda") == "no CUDA device is visible"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert devices.why_missing("cuda:1") == "there is no cuda:1: 1 visible"
    monkeypatch.setattr(torch._C, "_dispatch_has_kernel_for_dispatch_key", lambda *_: False)
    assert devices.why_missing("cuda") == "torch_act was built without CUDA"
