"""What compare measures of one run: outputs, times and saved bytes of modules, by hooks on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from math import inf
from time import perf_counter
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils._pytree import tree_leaves
from torch.utils.hooks import RemovableHandle


@dataclass
class Measured:
    """Of one module, or of the whole model."""

    outputs: list[Tensor] = field(default_factory=list)  # floating-point ones, of every call
    seconds: float = inf  # of all calls in a forward of the model, in the fastest turn
    saved: dict[int, int] = field(default_factory=dict)  # bytes of each storage kept for backward

    @property
    def saved_bytes(self) -> int:
        return sum(self.saved.values())


class Run:
    """A model in one state: called once for outputs and saved bytes, and for times in turns."""

    def __init__(
        self, model: nn.Module, names: set[str], inputs: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._call: Callable[[], Any] = partial(model, *inputs, **kwargs)
        self._model = model
        self._modules = {name: m for name, m in model.named_modules() if name in names}
        self.modules = {name: Measured() for name in self._modules}
        self.whole = Measured()

    def observe(self) -> None:
        """Notes outputs, and which module saves what: of nested ones the inner one."""
        running = [self.whole]
        own = {_storage(t)[0] for t in (*self._model.parameters(), *self._model.buffers())}
        kept = []  # the address of freed memory could be given to another tensor

        def pack(tensor: Tensor) -> Tensor:
            address, size = _storage(tensor)
            if address not in own:
                kept.append(tensor)
                self.whole.saved[address] = running[-1].saved[address] = size
            return tensor.detach()

        def enter(name: str) -> None:
            running.append(self.modules[name])

        def leave(name: str, output: Any) -> None:
            running.pop().outputs.extend(_outputs(output))

        with self._hooked(enter, leave), saved_tensors_hooks(pack, _as_it_is):
            self.whole.outputs = _outputs(self._call())

    def time(self) -> None:
        """One turn, with hooks that only read the clock."""
        spent = dict.fromkeys(self.modules, 0.0)
        started: list[float] = []

        def leave(name: str, output: Any) -> None:
            spent[name] += _now() - started.pop()

        with self._hooked(lambda name: started.append(_now()), leave):
            start = _now()
            self._call()
            self.whole.seconds = min(self.whole.seconds, _now() - start)
        for name, seconds in spent.items():
            self.modules[name].seconds = min(self.modules[name].seconds, seconds)

    @contextmanager
    def _hooked(
        self, enter: Callable[[str], None], leave: Callable[[str, Any], None]
    ) -> Iterator[None]:
        """Calls these around the forward of each module, inside of all other hooks."""
        handles: list[RemovableHandle] = []
        try:
            for name, module in self._modules.items():
                handles += [
                    module.register_forward_pre_hook(_before(partial(enter, name))),
                    module.register_forward_hook(_after(partial(leave, name)), prepend=True),
                ]
            with _same_random_state(), _buffers_put_back(self._model):
                yield
        finally:
            for handle in handles:
                handle.remove()


def _before(call: Callable[[], None]) -> Callable[[nn.Module, Any], None]:
    return lambda module, inputs: call()


def _after(call: Callable[[Any], None]) -> Callable[[nn.Module, Any, Any], None]:
    return lambda module, inputs, output: call(output)


def _as_it_is(tensor: Tensor) -> Tensor:
    return tensor


def _now() -> float:
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return perf_counter()


def _outputs(output: Any) -> list[Tensor]:
    """Copies: what follows may work in place."""
    leaves = tree_leaves(output)
    return [x.detach().clone() for x in leaves if isinstance(x, Tensor) and x.is_floating_point()]


def _storage(tensor: Tensor) -> tuple[int, int]:
    """Where a tensor's memory is, and how many bytes it has."""
    try:
        storage = tensor.untyped_storage()
        return storage.data_ptr() or id(tensor), storage.nbytes()
    except (NotImplementedError, RuntimeError):  # sparse, say
        return id(tensor), tensor.numel() * tensor.element_size()


@contextmanager
def _same_random_state() -> Iterator[None]:
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices):  # back at the end: the next run begins with it again
        yield


@contextmanager
def _buffers_put_back(model: nn.Module) -> Iterator[None]:
    """A forward in training changes the statistics of batch norm."""
    buffers = [
        (module, name, buffer, buffer.detach().clone())
        for module in model.modules()
        for name, buffer in module._buffers.items()
        if buffer is not None
    ]
    try:
        yield
    finally:
        with torch.no_grad():
            for module, name, buffer, value in buffers:
                if not torch.equal(buffer, value):
                    buffer.copy_(value)
                module._buffers[name] = buffer
