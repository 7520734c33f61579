"""How the operators are sharded: strategies for torch.distributed.tensor.

Importing this module registers them. `import torch_act` does so by itself if the program has
imported torch.distributed.tensor, which takes half a second, before; one that imports it later adds
`import torch_act.distributed`.

- A pointwise op keeps every shard, its backward ops alike. Partial sums are reduced before it.
- softmax, softmin, log_softmax, glu and gated keep every shard but one along `dim`, which is
  gathered. bias_act keeps every shard.
- prelu and the others with learned tensors keep every shard. One weight for each channel is sharded
  where the channels are, and so is its gradient; under any other shard the weight is replicated and
  its gradient a partial sum.
- rrelu in training draws as on one device, so that no slope depends on the sharding: the input is
  gathered, and all ranks use one state, whatever their generators say. In evaluation it is a
  leaky_relu.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch._ops import OpOverload
from torch.distributed.tensor import Partial, Placement, Replicate
from torch.distributed.tensor._dtensor_spec import TensorMeta
from torch.distributed.tensor._op_schema import RuntimeSchemaInfo

# What torch's own pointwise ops are registered with. The public register_sharding gives up shards
# of dimensions smaller than the mesh, and strided shards.
from torch.distributed.tensor._ops.single_dim_strategy import (
    _ShardingPlaceholder as Sharded,
)
from torch.distributed.tensor._ops.single_dim_strategy import register_single_dim_strategy
from torch.distributed.tensor.experimental import register_sharding

from torch_act._operators import operators
from torch_act.catalogue import CATALOGUE

# Placements on one dimension of the mesh: of the results, then of the tensors among the arguments.
Rule = list[Placement | Sharded]


def _tensors(op: OpOverload) -> int:
    """How many results and tensor arguments the op has."""
    types = [argument.type for argument in (*op._schema.returns, *op._schema.arguments)]
    return sum(isinstance(kind, torch.TensorType) for kind in types)


def _dims(args: Sequence[Any]) -> range:
    return range(len(next(arg for arg in args if isinstance(arg, TensorMeta)).shape))


def _pointwise(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    return [[Sharded(d)] * _tensors(op) for d in _dims(args)]


def _dim(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> int:
    arguments = op._schema.arguments
    place = [argument.name for argument in arguments].index("dim")
    given: Any = args[place] if place < len(args) else arguments[place].default_value
    return int(kwargs.get("dim", given)) % len(_dims(args))


def _along_dim(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    dim = _dim(op, args, kwargs)
    return [[Sharded(d)] * _tensors(op) for d in _dims(args) if d != dim]


def _bias_act(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    dim = _dim(op, args, kwargs)
    rules: list[Rule] = []
    for d in _dims(args):
        bias = Sharded(0) if d == dim else Replicate()
        rules.append([Sharded(d), Sharded(d), bias])
    return [[*rule, rule[0]] if "out" in kwargs else rule for rule in rules]


def _bias_act_backward(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    dim = _dim(op, args, kwargs)
    rules: list[Rule] = []
    for d in _dims(args):
        bias = Sharded(0) if d == dim else Replicate()
        gradient = bias if d == dim else Partial()
        rules.append([Sharded(d), gradient, Sharded(d), Sharded(d), bias])
    return rules


def _weight(weight: TensorMeta, dim: int) -> Placement | Sharded:
    by_channel = len(weight.shape) == 1 and weight.shape[0] > 1
    return Sharded(0) if by_channel and dim == 1 else Replicate()


def _parametric(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    """An op with learned tensors, and its backward, whose gradients of these are sums."""
    backward = op._schema.name.endswith("_backward")
    inputs = 2 if backward else 1
    learned = [arg for arg in args if isinstance(arg, TensorMeta)][inputs:]
    rules: list[Rule] = []
    for d in _dims(args):
        weights = [_weight(tensor, d) for tensor in learned]
        gradients = [Partial() if isinstance(w, Replicate) else w for w in weights]
        rule = [Sharded(d), *(gradients if backward else []), *[Sharded(d)] * inputs, *weights]
        rules.append([*rule, Sharded(d)] if "out" in kwargs else rule)
    return rules


def _whole(op: OpOverload, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Rule]:
    return []  # that every tensor may be replicated goes without saying


def _philox_state(like: Any, **_: Any) -> list[tuple[list[Placement], list[Any]]]:
    # The ranks' generators need not agree: the largest seed of all becomes the state of all.
    kinds = dict.fromkeys([Replicate(), *like.placements])
    return [([Partial("max")], [placement]) for placement in kinds]


_STRATEGIES: dict[str, Callable[..., list[Rule]]] = {
    **{
        entry.name + suffix: _parametric
        for entry in CATALOGUE
        if entry.tensors
        for suffix in ("", "_", "_backward")
    },
    "bias_act": _bias_act,
    "bias_act_backward": _bias_act_backward,
    "rrelu_with_state": _whole,
    "rrelu_with_state_": _whole,
    "rrelu_backward": _whole,
    "rrelu_with_slopes": _whole,
}


def _strategy(op: OpOverload) -> Callable[..., list[Rule]] | None:
    if torch.Tag.pointwise in op.tags:
        return _pointwise
    if op._schema.name.startswith("act::bias_act"):
        return _STRATEGIES[op._schema.name.removeprefix("act::")]
    if any(argument.name == "dim" for argument in op._schema.arguments):
        return _along_dim
    name = op._schema.name.removeprefix("act::")
    # Four elements share a byte, over the edge of a shard too.
    if name.endswith(("_slope_bits", "_backward_from_bits")):
        return _whole
    return _STRATEGIES.get(name)


def _schema_info(op: OpOverload) -> RuntimeSchemaInfo:
    """What besides the tensors decides about a result's sharding, shape and dtype."""
    arguments = op._schema.arguments
    numbers = (k for k, a in enumerate(arguments) if not isinstance(a.type, torch.TensorType))
    keywords = [a.name for a in arguments if a.name in ("dim", "dtype", "out")]
    return RuntimeSchemaInfo(next(numbers, len(arguments)), keywords or None)


def register() -> None:
    """Registers the strategies. Importing the module has done it already."""
    for op in operators():
        strategy = _strategy(op)
        if strategy is not None:
            register_single_dim_strategy(
                op,
                schema_info=_schema_info(op),
                allow_unbacked_sharding=True,
                allow_uneven_sharding=True,
            )(strategy)
    register_sharding(torch.ops.act.philox_state.default)(_philox_state)


register()
