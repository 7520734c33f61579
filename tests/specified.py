"""What an activation's definition alone leaves open: the derivative at kinks, the limits at ±inf.

Written down here a second time on purpose, by hand and apart from the catalogue and the formulas.
The derivatives at kinks are torch's (`softplus` has none: its threshold is a jump, and the smooth
side counts there). An activation that is not named here is taken to have no kink, limits that its
definition shows far out, and an output that does not tell the derivative.
"""

from math import copysign, inf

from torch_act.accuracy.reference import LARGEST_ARGUMENT, Reference
from torch_act.catalogue import BY_NAME

SELU_SCALE = 1.0507009873554804934193349852946
SELU_SLOPE = 1.7580993408473768599402175208123  # scale·alpha: f′(0), and -f(-inf)


def kinks(case, dtype):
    """(x, derivative at x) for each point where one-sided derivatives, or the values, differ."""
    p = case.numbers(dtype)
    match case.name:
        case "relu":
            return [(0.0, 0.0)]
        case "relu6":
            return [(0.0, 0.0), (6.0, 0.0)]
        case "leaky_relu":
            return [(0.0, p["negative_slope"])]
        case "elu":
            return [(0.0, p["alpha"])]
        case "celu":
            return [(0.0, 1.0)]
        case "selu":
            return [(0.0, SELU_SLOPE)]
        case "hardtanh":
            bounds = [(p["min_val"], 0.0), (p["max_val"], 0.0)]
            return [(x, slope) for x, slope in bounds if abs(x) < inf]
        case "hardsigmoid":
            return [(-3.0, 0.0), (3.0, 0.0)]
        case "hardswish":
            return [(-3.0, 0.0), (3.0, 1.0)]
        case "hardshrink" | "softshrink":
            if p["lambd"] < 0:
                return []
            return [(-p["lambd"], 0.0), (p["lambd"], 0.0)]
        case "threshold":
            return [(p["threshold"], 0.0)]
        case "softsign":
            return [(0.0, 1.0)]
        case "relu_squared":
            return [(0.0, 0.0)]
        case "hard_mish":
            return [(-2.0, -1.0), (0.0, 1.0)]
        case "squareplus" if p["b"] == 0:
            return [(0.0, 0.0)]
    return []


def jumps(case, dtype):
    """Where the definition changes without a kink rule of its own."""
    p = case.numbers(dtype)
    if case.name == "softplus":
        return [p["threshold"] / p["beta"]]
    return [p["threshold"]] if case.name == "threshold" else []


def width(case):
    """The scale of x on which the activation changes: 1, unless a parameter stretches the axis."""
    return case.width


_IDENTITY, _RECTIFIED = ((-inf, 1.0), (inf, 1.0)), ((0.0, 0.0), (inf, 1.0))
_LIMITS = {
    "relu": _RECTIFIED,
    "relu6": ((0.0, 0.0), (6.0, 0.0)),
    "sigmoid": ((0.0, 0.0), (1.0, 0.0)),
    "tanh": ((-1.0, 0.0), (1.0, 0.0)),
    "selu": ((-SELU_SLOPE, 0.0), (inf, SELU_SCALE)),
    "gelu": _RECTIFIED,
    "silu": _RECTIFIED,
    "mish": _RECTIFIED,
    "softsign": ((-1.0, 0.0), (1.0, 0.0)),
    "logsigmoid": ((-inf, 1.0), (0.0, 0.0)),
    "hardswish": _RECTIFIED,
    "hardsigmoid": ((0.0, 0.0), (1.0, 0.0)),
    "hardshrink": _IDENTITY,
    "softshrink": _IDENTITY,
    "tanhshrink": _IDENTITY,
    "quick_gelu": _RECTIFIED,
    "hard_mish": _RECTIFIED,
    "laplace": ((0.0, 0.0), (1.0, 0.0)),
}


def specified_limits(case, dtype):
    """As `limits`; None if they are not written here."""
    p = case.numbers(dtype)
    match case.name:
        case "leaky_relu":
            slope = p["negative_slope"]
            return ((-inf * slope if slope else 0.0, slope), (inf, 1.0))
        case "elu":
            return ((-p["alpha"], 0.0), (inf, 1.0))
        case "celu" if p["alpha"] == inf:
            return _IDENTITY
        case "celu" if p["alpha"] < 0:  # alpha·exp(x / alpha) grows to the left
            return ((-inf, inf), (inf, 1.0))
        case "celu":
            return ((-p["alpha"], 0.0), (inf, 1.0))
        case "softplus" if p["beta"] < 0:  # linear on the left, where beta·x exceeds the threshold
            return ((-inf, 1.0), (0.0, 0.0))
        case "softplus":
            return _RECTIFIED
        case (
            "hardtanh"
        ):  # an infinite bound is reached at infinity, and the derivative at bounds is 0
            return ((p["min_val"], 0.0), (p["max_val"], 0.0))
        case "threshold":
            return ((p["value"], 0.0), (inf, 1.0))
    return _LIMITS.get(case.name)


def limits(case, dtype):
    """((f(-inf), f'(-inf)), (f(inf), f'(inf)))."""
    return specified_limits(case, dtype) or _limits_by_definition(case, dtype)


def _limits_by_definition(case, dtype):
    """What f and f′ have come to, or are on the way to (0 or ±inf), where the reference ends."""
    reference = Reference(BY_NAME[case.name].definition(case.keywords), case.numbers(dtype))
    found = reference.at([-LARGEST_ARGUMENT, LARGEST_ARGUMENT], 5e-324).high

    def limit(number):
        if abs(number) > LARGEST_ARGUMENT**0.5:
            return copysign(inf, number)
        return 0.0 if abs(number) < LARGEST_ARGUMENT**-0.5 else float(number)

    return tuple((limit(found[0, k]), limit(found[1, k])) for k in (0, 1))


# Below 0 the result is negative and vanishes at -inf: so its limit there is -0.
VANISHES_FROM_BELOW = ("gelu", "silu", "mish", "quick_gelu", "hard_mish")

# f(x) ~ f'(0)·x with f'(0) > 0: the zero keeps its sign.
KEEPS_SIGN_OF_ZERO = (
    "tanh",
    "softsign",
    "tanhshrink",
    "gelu",
    "silu",
    "mish",
    "hardswish",
    "elu",
    "celu",
    "selu",
    "leaky_relu",
    "hardtanh",
    "softshrink",
    "quick_gelu",
    "hard_mish",
)


def keeps_sign_of_zero(case):
    p = case.keywords
    if case.name == "hardtanh":
        return p["min_val"] < 0 < p["max_val"]
    slope = p.get("negative_slope", p.get("alpha", 1.0) if case.name == "elu" else 1.0)
    return case.name in KEEPS_SIGN_OF_ZERO and slope > 0


def derivative_from_output(case, dtype):
    """f′ as a function of y = f(x), as pieces in x (standing for y); None where y does not tell."""
    p = case.keywords
    step = "x > 0"
    match case.name:
        case "relu":
            return ((step, "1"), ("True", "0"))
        case "relu6":
            return (("x > 0 and x < 6", "1"), ("True", "0"))
        case "hardsigmoid":
            return (("x > 0 and x < 1", "1/6"), ("True", "0"))
        case "hardtanh":
            return (("x > min_val and x < max_val", "1"), ("True", "0"))
        case "leaky_relu" if p["negative_slope"] >= 0:
            return ((step, "1"), ("True", "negative_slope"))
        case "threshold" if p["value"] <= p["threshold"]:
            return (("x > threshold", "1"), ("True", "0"))
        case "sigmoid":
            return (("True", "x * (1 - x)"),)
        case "tanh":
            return (("True", "(1 - x) * (1 + x)"),)
        case "elu" if p["alpha"] >= 0:
            return ((step, "1"), ("True", "x + alpha"))
        case "celu" if p["alpha"] == inf:
            return (("True", "1"),)
        case "celu" if p["alpha"] > 0:
            return ((step, "1"), ("True", "(x + alpha) / alpha"))
        case "selu":
            return (
                (step, "1.0507009873554804934193349852946"),
                (
                    "True",
                    "x + 1.0507009873554804934193349852946 * 1.6732632423543772848170429916717",
                ),
            )
    return None
