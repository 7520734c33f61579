"""How our ops are compiled by Inductor, and what compiled code must be compiled anew for.

What a compiled function does depends on two choices that are no arguments of it: `compile_with` and
`saved_as`. torch knows neither, so that it would go on using code that was compiled under another
choice, from memory or from its caches on disk. Each op of ours that is traced therefore

- leaves a guard with Dynamo: the code holds for the choices that it was traced under;
- marks the traced graph module with them, and with the package's own files: the attributes of a
  graph module are part of the key of AOTAutograd's cache. Inductor's own cache is keyed by the
  decomposed graph, which shows the difference anyhow.

The place where every tracer passes, whoever calls the op, is its fake kernel.
"""

import hashlib
import sys
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import torch
from torch._ops import OpOverload
from torch._subclasses.fake_impls import register_op_impl
from torch.compiler import is_dynamo_compiling

from torch_act import _C

How = Literal["kernels", "decompositions"]

_how: How = "kernels"


class compile_with:
    """How torch.compile and AOTInductor treat our ops; called, or as a context manager.

    - ``"kernels"``, the default: each op stays one call of our kernel. The numbers are those
      without compilation, bit for bit.
    - ``"decompositions"``: the ops become arithmetic that Inductor fuses with what surrounds them,
      into one pass over memory. The numbers are within the bounds of docs/compile.md of our
      kernels'. The slopes of rrelu in training are the same.

    It concerns what is compiled while it holds, in all threads; compiled code is compiled anew when
    it is called under the other choice. It has no effect on what runs without compilation, nor on
    other backends than Inductor.

    Raises:
        ValueError: for any other ``how``.
        RuntimeError: inside a compiled function.

    Example:
        >>> compiled = torch.compile(torch_act.functional.silu, backend="aot_eager")
        >>> choice = torch_act.compile_with("decompositions")  # from here on
        >>> with torch_act.compile_with("kernels"):  # and here not
        ...     compiled(torch.tensor([-1.0, 3.0]))
        tensor([-0.2689,  2.8577])
        >>> choice = torch_act.compile_with("kernels")  # the default again
    """

    def __init__(self, how: How) -> None:
        global _how
        if is_dynamo_compiling():
            raise RuntimeError("compile_with: choose before the compiled function is called")
        if how not in ("kernels", "decompositions"):
            raise ValueError(f"compile_with: expected 'kernels' or 'decompositions', got {how!r}")
        if how == "decompositions":
            _offer_decompositions()
        self._previous = _how
        _how = how

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        global _how
        _how = self._previous


def choices() -> str:
    """What compiled code depends on, as one comparable text."""
    return f"compile_with({_how!r}), saved_as({_C.saved_preference()!r})"


@cache
def _package() -> str:
    """Changes when what becomes of a traced op can have changed: our autograd, our formulas."""
    folder = Path(__file__).parent
    files = [folder / "lib/libtorch_act.so", *sorted(folder.glob("_decompositions/*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


@cache
def _offer_decompositions() -> None:
    """Adds ours to Inductor's tables, for good: they decline while kernels are wanted.

    Inductor refuses to call an op that has a decomposition, unless it was told so for this op.
    """
    from torch._inductor.decomposition import decompositions as inductor_decompositions
    from torch._inductor.decomposition import fast_random_decomps
    from torch._inductor.lowering import make_fallback, tag_to_layout_constraint
    from torch._library.utils import get_layout_constraint_tag

    from torch_act._decompositions import decompositions

    for op, function in decompositions().items():
        layouts = tag_to_layout_constraint(get_layout_constraint_tag(op, with_default=True))
        make_fallback(op, layout_constraint=layouts, warn=False, override_decomp=True)
        # The second table is a copy of the first, made once.
        for table in (inductor_decompositions, fast_random_decomps()):
            table[op] = _where_wanted(function)


def _where_wanted(decomposition: Any) -> Any:
    def decompose(*arguments: Any, **keywords: Any) -> Any:
        if _how == "kernels":
            return NotImplemented
        return decomposition(*arguments, **keywords)

    return decompose


def _mark(graph_module: torch.fx.GraphModule) -> None:
    # An attribute, for the cache's key leaves out `meta`.
    vars(graph_module)["_torch_act"] = f"{choices()}, {_package()}"


def _is_ours(op: OpOverload) -> bool:
    return op.namespace == "act"


@register_op_impl(_is_ours)
def _traced(fake_mode: Any, op: OpOverload, *arguments: Any, **keywords: Any) -> Any:
    if "torch._dynamo" in sys.modules:
        _tie_to_choices()
    return NotImplemented  # go on to the fake kernel


def _tie_to_choices() -> None:
    from torch._dynamo.guards import GuardBuilder, install_guard
    from torch._dynamo.source import AttrSource, CallFunctionNoArgsSource
    from torch._dynamo.symbolic_convert import InstructionTranslator

    try:
        translator = InstructionTranslator.current_tx()
    except AttributeError:
        return  # a tracer other than Dynamo
    if _mark in translator.output.register_finalizer_fns:
        return
    translator.output.add_graph_finalizer(_mark)
    module = translator.import_source(__name__)
    source = CallFunctionNoArgsSource(AttrSource(module, choices.__name__))
    install_guard(source.make_guard(GuardBuilder.EQUALS_MATCH))
