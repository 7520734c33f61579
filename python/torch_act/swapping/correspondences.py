"""Which class and which function is which of ours: the one table.

Classes of other libraries are named, so that nothing has to be imported to compare with them. A
name that `torch_act.nn` does not have is an operator that is still to come: such modules are left,
and swapped from the day when the name is there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from torch_act import functional as F
from torch_act import nn
from torch_act.swapping import functions, replacements


@dataclass(frozen=True)
class Correspondence:
    """What stands for a class of another library."""

    ours: str | None  # a class of torch_act.nn or of `replacements`; None: the class is to be left
    attributes: Mapping[str, object] = field(
        default_factory=dict
    )  # that ours reads and the class lacks
    remark: str = ""  # what differs beyond rounding, or why the class is left

    def replacement(self) -> type[torch.nn.Module] | None:
        if self.ours is None:
            return None
        return getattr(replacements, self.ours, None) or getattr(nn, self.ours, None)


def _gelu(approximate: str, remark: str = "") -> Correspondence:
    return Correspondence("GELU", {"approximate": approximate}, remark)


# torch.nn's classes, exactly, and subclasses that do not override forward.
TORCH: Mapping[type[torch.nn.Module], type[torch.nn.Module]] = {
    getattr(torch.nn, name): getattr(nn, name) for name in nn.__all__ if hasattr(torch.nn, name)
}

_TRANSFORMERS: dict[str, Correspondence] = {
    "GELUActivation": _gelu("none"),
    "NewGELUActivation": _gelu("tanh"),
    "GELUTanh": _gelu("tanh"),
    "PytorchGELUTanh": _gelu("tanh"),  # its name in transformers 4
    "AccurateGELUActivation": _gelu("tanh"),
    "FastGELUActivation": _gelu("tanh", "√(2/π) in full instead of 0.7978845608"),
    "ClippedGELUActivation": Correspondence("ClippedGELU"),
    "SiLUActivation": Correspondence("SiLU", {"inplace": False}),
    "MishActivation": Correspondence("Mish", {"inplace": False}),
    "QuickGELUActivation": Correspondence("QuickGELU", {"inplace": False}),
    "LaplaceActivation": Correspondence("Laplace", {"mu": 0.707107, "sigma": 0.282095}),
    "ReLUSquaredActivation": Correspondence("ReLUSquared", {"inplace": False}),
    "XIELUActivation": Correspondence("XIELU"),
    "SqrtSoftplusActivation": Correspondence(None, remark="torch_act has no operator for it"),
    "LinearActivation": Correspondence(None, remark="the identity: nothing to compute"),
}

_TIMM: dict[str, Correspondence] = {
    "activations.Swish": Correspondence("SiLU"),
    "activations.Mish": Correspondence("Mish", {"inplace": False}),
    "activations.Sigmoid": Correspondence("Sigmoid"),
    "activations.Tanh": Correspondence("Tanh"),
    "activations.HardSwish": Correspondence("Hardswish"),
    "activations.HardSigmoid": Correspondence("Hardsigmoid"),
    "activations.HardMish": Correspondence("HardMish"),
    "activations.PReLU": Correspondence("PReLU"),
    "activations.GELU": _gelu("none"),
    "activations.GELUTanh": _gelu("tanh"),
    "activations.QuickGELU": Correspondence("QuickGELU", {"inplace": False}),
    "activations_me.SwishMe": Correspondence("SiLU", {"inplace": False}),
    "activations_me.MishMe": Correspondence("Mish", {"inplace": False}),
    "activations_me.HardSwishMe": Correspondence(
        "Hardswish", {"inplace": False}, "derivatives at −3 and 3 are torch's: 0 and 1"
    ),
    "activations_me.HardSigmoidMe": Correspondence(
        "Hardsigmoid", {"inplace": False}, "the derivative at −3 and 3 is torch's: 0"
    ),
    "activations_me.HardMishMe": Correspondence("HardMish", {"inplace": False}),
}

_DIFFUSERS: dict[str, Correspondence] = {
    "activations.FP32SiLU": Correspondence(
        "SiLU", {"inplace": False}, "float64 is no longer computed in float32"
    ),
    "activations.GELU": Correspondence("ProjectedGELU"),
    "activations.GEGLU": Correspondence("ProjectedGEGLU"),
    "activations.ApproximateGELU": Correspondence("ProjectedQuickGELU"),
    "transformers.t5_film_transformer.NewGELUActivation": _gelu("tanh"),
    "controlnets.controlnet_union.QuickGELU": Correspondence("QuickGELU", {"inplace": False}),
}

# Vocoders and audio codecs have a class of their own each: as published (DAC), with the logarithms
# of alpha and beta (BigVGAN), or with either.
_SNAKE = Correspondence("Snake", {"beta": None, "logscale": False, "eps": 1e-9})
_SNAKE_OF_LOGARITHMS = Correspondence("Snake", {"logscale": True, "eps": 1e-9})
_SNAKE_OF_EITHER = Correspondence("Snake", {"eps": 1e-9})

_SNAKES: dict[str, Correspondence] = {
    "transformers.models.dac.modeling_dac.Snake1d": _SNAKE,
    "transformers.models.pe_audio.modeling_pe_audio.Snake1d": _SNAKE,
    "transformers.models.qwen2_5_omni.modeling_qwen2_5_omni.Qwen2_5OmniSnakeBeta": (
        _SNAKE_OF_LOGARITHMS
    ),
    "transformers.models.qwen3_omni_moe.modeling_qwen3_omni_moe.Qwen3OmniMoeSnakeBeta": (
        _SNAKE_OF_LOGARITHMS
    ),
    "transformers.models.xcodec2.modeling_xcodec2.Xcodec2SnakeBeta": _SNAKE_OF_LOGARITHMS,
    "transformers.models.neucodec.modeling_neucodec.NeuCodecSnakeBeta": _SNAKE_OF_LOGARITHMS,
    "diffusers.models.autoencoders.mmaudio_vocoder.MMAudioSnakeBeta": _SNAKE_OF_LOGARITHMS,
    "diffusers.models.autoencoders.autoencoder_kl_kvae_audio.KVAEAudioSnake1d": _SNAKE,
    "diffusers.models.autoencoders.autoencoder_oobleck.Snake1d": _SNAKE_OF_EITHER,
    "diffusers.models.autoencoders.autoencoder_cosmos3_audio.Snake1d": _SNAKE_OF_EITHER,
}

# Other libraries' classes by their full names: exactly these, no subclasses.
NAMED: Mapping[str, Correspondence] = {
    **{f"transformers.activations.{name}": c for name, c in _TRANSFORMERS.items()},
    "transformers.models.bloom.modeling_bloom.BloomGelu": _gelu(
        "tanh", "√(2/π) in full instead of 0.79788456"
    ),
    **{f"timm.layers.{name}": c for name, c in _TIMM.items()},
    "timm.models.metaformer.SquaredReLU": Correspondence("ReLUSquared", {"inplace": False}),
    "timm.models.metaformer.StarReLU": Correspondence("StarReLU"),
    **{f"diffusers.models.{name}": c for name, c in _DIFFUSERS.items()},
    **_SNAKES,
}


def named(kind: type) -> Correspondence | None:
    """What stands for a class of another library, if the table has it."""
    return NAMED.get(f"{kind.__module__}.{kind.__qualname__}")


def _torch_functions() -> dict[Any, Callable[..., Any]]:
    T = torch.Tensor
    theirs = torch.nn.functional
    same_signature = {
        getattr(theirs, name): getattr(F, name)
        for name in F.__all__
        if hasattr(theirs, name) and name != "gumbel_softmax"  # it draws other numbers
    }
    return same_signature | {
        torch.relu: F.relu,
        torch.sigmoid: F.sigmoid,
        torch.special.expit: F.sigmoid,
        torch.tanh: F.tanh,
        torch.selu: F.selu,
        torch.celu: F.celu,
        torch.rrelu: functions.rrelu,
        torch.threshold: F.threshold,
        torch.sigmoid_: functions.sigmoid_,
        torch.tanh_: functions.tanh_,
        torch.softmax: functions.softmax,
        torch.special.softmax: functions.softmax,
        torch.log_softmax: functions.log_softmax,
        torch.special.log_softmax: functions.log_softmax,
        T.relu: F.relu,
        T.relu_: F.relu_,
        T.sigmoid: F.sigmoid,
        T.sigmoid_: functions.sigmoid_,
        T.tanh: F.tanh,
        T.tanh_: functions.tanh_,
        T.hardshrink: F.hardshrink,
        T.prelu: F.prelu,
        T.softmax: functions.softmax,
        T.log_softmax: functions.log_softmax,
    }


# torch's functions and methods, and ours that take the same arguments, `out=` excepted.
FUNCTIONS: Mapping[Any, Callable[..., Any]] = _torch_functions()

_TIMM_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "timm.layers.activations.swish": functions.swish,
    "timm.layers.activations.mish": functions.mish,
    "timm.layers.activations.sigmoid": functions.sigmoid,
    "timm.layers.activations.tanh": functions.tanh,
    "timm.layers.activations.hard_swish": functions.hard_swish,
    "timm.layers.activations.hard_sigmoid": functions.hard_sigmoid,
    "timm.layers.activations.hard_mish": functions.hard_mish,
    "timm.layers.activations.quick_gelu": functions.quick_gelu,
    "timm.layers.activations.gelu": functions.gelu,
    "timm.layers.activations.gelu_tanh": functions.gelu_tanh,
    # These ignore `inplace`, and so does timm's mish.
    "timm.layers.activations_me.swish_me": functions.swish_me,
    "timm.layers.activations_me.mish_me": functions.mish,
    "timm.layers.activations_me.hard_swish_me": functions.hard_swish_me,
    "timm.layers.activations_me.hard_sigmoid_me": functions.hard_sigmoid_me,
    "timm.layers.activations_me.hard_mish_me": functions.hard_mish_me,
}


def function(theirs: Any) -> Callable[..., Any] | None:
    """Ours with the same arguments, if the table has this function."""
    try:
        ours = FUNCTIONS.get(theirs)
    except TypeError:  # not hashable
        return None
    if ours is not None:
        return ours
    module, name = getattr(theirs, "__module__", None), getattr(theirs, "__qualname__", "")
    ours = _TIMM_FUNCTIONS.get(f"{module}.{name}")
    # Only the function that the library has under this name, not one that was put in its place.
    return ours if ours and getattr(sys.modules.get(module or ""), name, None) is theirs else None
