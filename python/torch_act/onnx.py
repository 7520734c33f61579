"""Our operators as standard ONNX operators, for torch.onnx.export.

    torch.onnx.export(model, args, dynamo=True, custom_translation_table=translation_table())

A model with our activations (a swapped one, say) then exports to the graph that the same model with
torch's exports to, with the same table: no custom operators, nothing of this package at run time.
Needs the packages onnx and onnxscript, opset 20 or newer (torch's default).

What runs the graph computes it with its own kernels, and as accurately as those.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from torch_act.catalogue import CATALOGUE

Translation = Callable[..., Any]

# What computes an activation and something else. swiglu, geglu and reglu call gated.
BESIDE = (
    "gated",
    "gated_pair",
    "bias_act",
    "masked_softmax",
    "masked_softmin",
    "masked_log_softmax",
)


def translation_table() -> dict[Callable[..., Any], Translation]:
    """What torch.onnx.export takes as `custom_translation_table`.

    Covers every forward operator of torch.ops.act, and aten's log_sigmoid, for which torch's own
    exporter writes Log(Sigmoid(x)): -inf where x < -88.

    Raises:
        ModuleNotFoundError: onnxscript is not installed.
    """
    from torch_act import _onnx_translations as translations

    table: dict[Callable[..., Any], Translation] = {
        getattr(torch.ops.act, name).default: getattr(translations, name)
        for name in (*(entry.name for entry in CATALOGUE), *BESIDE)
    }
    table[torch.ops.aten.log_sigmoid.default] = translations.logsigmoid
    return table
