"""The documentation entry of every activation: one record each, in the order of the source list.

Documentation, docstrings, tests, gallery and benchmark read it. It needs only the standard library.

`composed` and `width` are Python, too: in `x`, `torch` and the parameters; in the parameters alone.

`pieces` is the mathematical definition, evaluated as text by the tests at any precision: pairs of a
condition and an expression, of which the first true condition wins. Expressions are Python in `x`
and the parameters with exp, log, sqrt, erfc, tanh, pi and inf, each analytic within its piece, so
that its Taylor series gives the derivatives there. Which piece holds a kink therefore also says
which one-sided derivative counts as the derivative.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf

Pieces = tuple[tuple[str, str], ...]
ParameterSet = Mapping[str, float | str]


@dataclass(frozen=True)
class Difference:
    """A deliberate difference from torch. The same name means the same reason."""

    name: str
    description: str


@dataclass(frozen=True)
class Entry:
    """All that is written about one op."""

    name: str  # of the op and of the function in torch_act.functional
    modules: tuple[str, ...]  # in torch_act.nn
    formula: str
    latex: str
    source: str
    numbers: tuple[int, ...] = ()  # in the source list
    pieces: Pieces = ()  # empty: the op is not a function of one number
    variant_argument: str | None = None  # the argument that chooses between several formulas
    variants: Mapping[str, Pieces] = field(default_factory=dict)  # by its value
    parameter_sets: tuple[ParameterSet, ...] = ({},)  # defaults first, then extreme ones
    tensors: tuple[str, ...] = ()  # the parameters that are tensors, which are learned
    width: str = "1"  # the scale of x on which it changes, where a parameter stretches the axis
    composed: str = ""  # where torch has no function of this name: what is written instead of it
    domain: str = "Every real number."
    differences: tuple[Difference, ...] = ()
    # By the name of a function or module, for its docstring, where the pieces do not tell it all.
    examples: Mapping[str, str] = field(default_factory=dict)

    def definition(self, parameters: ParameterSet) -> Pieces:
        """The pieces that hold under these parameters."""
        if self.variant_argument is None:
            return self.pieces
        return self.variants[str(parameters[self.variant_argument])]

    def numbers_of(self, parameters: ParameterSet) -> dict[str, float]:
        """The parameters that occur in the pieces: all but the one that chooses a variant."""
        return {k: float(v) for k, v in parameters.items() if k != self.variant_argument}


def _limit(description: str) -> Difference:
    return Difference("limit", f"{description}; torch gives NaN.")


def _tail(description: str) -> Difference:
    return Difference("tail", description)


def _saturation(description: str) -> Difference:
    return Difference("saturation", description)


_NAN_GRADIENT = Difference(
    "nan-gradient",
    "The gradient at NaN is NaN for every length; torch's depends on the position in the tensor.",
)
_NAN_IS_NO_SIDE = Difference(
    "nan-gradient",
    "The gradient at NaN is NaN; torch takes NaN to lie on one side of the kink.",
)
_KINK = "Every real number. At {} the derivative is {}, as in torch."

_GELU_NONE: Pieces = (("True", "x * erfc(-x / sqrt(2)) / 2"),)
_GELU_TANH: Pieces = (("True", "x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2"),)

CATALOGUE: tuple[Entry, ...] = (
    Entry(
        name="relu",
        numbers=(1,),
        modules=("ReLU",),
        formula="max(x, 0)",
        latex=r"\max(x, 0)",
        pieces=(("x <= 0", "0"), ("True", "x")),
        domain=_KINK.format("0", "0"),
        differences=(_NAN_IS_NO_SIDE,),
        source=(
            "Nair, Hinton: Rectified Linear Units Improve Restricted Boltzmann Machines, ICML 2010"
        ),
    ),
    Entry(
        name="relu6",
        numbers=(2,),
        modules=("ReLU6",),
        formula="min(max(x, 0), 6)",
        latex=r"\min(\max(x, 0), 6)",
        pieces=(("x <= 0", "0"), ("x >= 6", "6"), ("True", "x")),
        domain=_KINK.format("0 and 6", "0"),
        differences=(_NAN_GRADIENT,),
        source="Krizhevsky: Convolutional Deep Belief Networks on CIFAR-10, 2010",
    ),
    Entry(
        name="leaky_relu",
        numbers=(3,),
        modules=("LeakyReLU",),
        formula="x if x > 0, else negative_slope * x",
        latex=r"\begin{cases} x & x > 0 \\ \text{negative\_slope} \cdot x & x \le 0 \end{cases}",
        pieces=(("x > 0", "x"), ("True", "negative_slope * x")),
        parameter_sets=(
            {"negative_slope": 0.01},
            {"negative_slope": 0.2},
            {"negative_slope": 0.0},
            {"negative_slope": -0.5},
            {"negative_slope": 1.5},
            {"negative_slope": 1e-30},
        ),
        domain=_KINK.format("0", "negative_slope"),
        differences=(
            _limit("At -inf with negative_slope = 0 the value is the limit, 0"),
            _NAN_IS_NO_SIDE,
        ),
        source=(
            "Maas, Hannun, Ng: Rectifier Nonlinearities Improve Neural Network Acoustic Models, "
            "ICML 2013"
        ),
    ),
    Entry(
        name="rrelu",
        numbers=(4,),
        modules=("RReLU",),
        formula=(
            "x if x > 0, else a * x; a uniform in [lower, upper] in training, (lower + upper) / "
            "2 otherwise"
        ),
        latex=(
            r"\begin{cases} x & x > 0 \\ a x & x \le 0 \end{cases}, \quad a \sim U(\text{lower}, "
            r"\text{upper})"
        ),
        pieces=(("x > 0", "x"), ("True", "x * ((lower + upper) / 2)")),
        parameter_sets=(
            {"lower": 1 / 8, "upper": 1 / 3},
            {"lower": 0.0, "upper": 0.0},
            {"lower": 0.25, "upper": 0.25},
            {"lower": -0.5, "upper": 2.0},
        ),
        domain=_KINK.format("0", "the slope of the negative side"),
        differences=(
            Difference("dtype", "float16 works on the CPU too."),
            Difference(
                "memory",
                "Saves a seed and an offset for the backward instead of a tensor of slopes.",
            ),
            Difference(
                "random-numbers",
                "The slopes come from Philox: other ones than torch's for the same seed.",
            ),
            _limit("At -inf with the slope 0 the value is the limit, 0"),
            _NAN_IS_NO_SIDE,
        ),
        source=(
            "Xu, Wang, Chen, Li: Empirical Evaluation of Rectified Activations, arXiv:1505.00853"
        ),
        examples={
            "RReLU": (
                ">>> x = torch.tensor([-2.4, -1.2, 0.0, 3.0])\n"
                ">>> torch_act.nn.RReLU().eval()(x)\n"
                "tensor([-0.5500, -0.2750,  0.0000,  3.0000])"
            ),
        },
    ),
    Entry(
        name="prelu",
        numbers=(5,),
        modules=("PReLU",),
        formula="x if x > 0, else weight * x; weight one number, or one for each channel of dim 1",
        latex=r"\begin{cases} x & x > 0 \\ \text{weight} \cdot x & x \le 0 \end{cases}",
        pieces=(("x > 0", "x"), ("True", "weight * x")),
        tensors=("weight",),
        parameter_sets=(
            {"weight": 0.25},
            {"weight": 0.0},
            {"weight": -1.0},
            {"weight": 3.0},
        ),
        domain=_KINK.format("0", "weight"),
        differences=(
            _limit("At -inf with weight = 0 the value is the limit, 0"),
            _NAN_IS_NO_SIDE,
        ),
        source="He, Zhang, Ren, Sun: Delving Deep into Rectifiers, arXiv:1502.01852",
        examples={
            "prelu": (
                ">>> x = torch.tensor([[-2.0, -2.0], [4.0, 4.0]])\n"
                ">>> torch_act.functional.prelu(x, torch.tensor([0.25, 0.5]))\n"
                "tensor([[-0.5000, -1.0000],\n        [ 4.0000,  4.0000]])"
            ),
            "PReLU": (
                ">>> prelu = torch_act.nn.PReLU(num_parameters=2, init=0.5)\n"
                ">>> prelu(torch.tensor([[-2.0, 4.0]])).sum().backward()\n"
                ">>> prelu.weight.grad\n"
                "tensor([-2.,  0.])"
            ),
        },
    ),
    Entry(
        name="sigmoid",
        numbers=(6,),
        modules=("Sigmoid",),
        formula="1 / (1 + exp(-x))",
        latex=r"\sigma(x) = \frac{1}{1 + \exp(-x)}",
        pieces=(("True", "1 / (1 + exp(-x))"),),
        differences=(
            _tail("Below -88.9 in float32 the value is the true subnormal number; torch gives 0."),
            _saturation(
                "Under saved_as('input') the gradient is σ(x)σ(-x); from the output, the default "
                "of both, it is 0 in bfloat16 from x = 6.25 on.",
            ),
            Difference("dtype", "Integer, bool and complex tensors are not accepted."),
        ),
        source=(
            "Rumelhart, Hinton, Williams: Learning representations by back-propagating errors, "
            "Nature 1986"
        ),
    ),
    Entry(
        name="tanh",
        numbers=(7,),
        modules=("Tanh",),
        formula="tanh(x)",
        latex=r"\tanh(x) = \frac{\exp(x) - \exp(-x)}{\exp(x) + \exp(-x)}",
        pieces=(("True", "tanh(x)"),),
        differences=(
            _saturation(
                "Under saved_as('input') the gradient is sech²(x); from the output, the default of "
                "both, it is 0 in bfloat16 from x = 3.47 on.",
            ),
            Difference("dtype", "Integer, bool and complex tensors are not accepted."),
        ),
        source="LeCun, Bottou, Orr, Müller: Efficient BackProp, 1998",
    ),
    Entry(
        name="elu",
        numbers=(8,),
        modules=("ELU",),
        formula="x if x > 0, else alpha * (exp(x) - 1)",
        latex=r"\begin{cases} x & x > 0 \\ \alpha (\exp(x) - 1) & x \le 0 \end{cases}",
        pieces=(("x > 0", "x"), ("True", "alpha * (exp(x) - 1)")),
        parameter_sets=(
            {"alpha": 1.0},
            {"alpha": 0.5},
            {"alpha": 2.0},
            {"alpha": 0.0},
            {"alpha": -1.0},
            {"alpha": 1e-10},
            {"alpha": 1e10},
        ),
        domain=_KINK.format("0 (unless alpha = 1)", "alpha"),
        differences=(_NAN_GRADIENT,),
        source=(
            "Clevert, Unterthiner, Hochreiter: Fast and Accurate Deep Network Learning by ELUs, "
            "arXiv:1511.07289"
        ),
    ),
    Entry(
        name="celu",
        numbers=(9,),
        modules=("CELU",),
        formula="x if x > 0, else alpha * (exp(x / alpha) - 1)",
        latex=r"\begin{cases} x & x > 0 \\ \alpha (\exp(x / \alpha) - 1) & x \le 0 \end{cases}",
        pieces=(
            ("x > 0", "x"),
            ("alpha == inf or alpha == -inf", "x"),
            ("True", "alpha * (exp(x / alpha) - 1)"),
        ),
        parameter_sets=(
            {"alpha": 1.0},
            {"alpha": 0.5},
            {"alpha": 2.0},
            {"alpha": -1.0},
            {"alpha": 1e-3},
            {"alpha": 1e4},
            {"alpha": inf},
        ),
        width="abs(alpha)",
        domain="Every real number. alpha = 0 is an error.",
        differences=(
            _limit("With alpha = inf it is the identity"),
            _NAN_GRADIENT,
        ),
        source="Barron: Continuously Differentiable Exponential Linear Units, arXiv:1704.07483",
    ),
    Entry(
        name="selu",
        numbers=(10,),
        modules=("SELU",),
        formula=(
            "scale * (x if x > 0, else alpha * (exp(x) - 1)); alpha = 1.67326…, scale = 1.05070…"
        ),
        latex=(
            r"\text{scale} \cdot \begin{cases} x & x > 0 \\ \alpha (\exp(x) - 1) & x \le 0 "
            r"\end{cases}"
        ),
        pieces=(
            ("x > 0", "1.0507009873554804934193349852946 * x"),
            (
                "True",
                "1.0507009873554804934193349852946 * "
                "1.6732632423543772848170429916717 * (exp(x) - 1)",
            ),
        ),
        domain=_KINK.format("0", "scale * alpha"),
        differences=(_NAN_GRADIENT,),
        source=(
            "Klambauer, Unterthiner, Mayr, Hochreiter: Self-Normalizing Neural Networks, "
            "arXiv:1706.02515"
        ),
    ),
    Entry(
        name="gelu",
        numbers=(11,),
        modules=("GELU",),
        formula=(
            "x * Φ(x) = x * erfc(-x / √2) / 2 (approximate='none'); "
            "x / 2 * (1 + tanh(√(2/π) * (x + 0.044715 * x³))) (approximate='tanh')"
        ),
        latex=r"x \Phi(x) \;\text{or}\; \frac{x}{2} (1 + \tanh(\sqrt{2/\pi} (x + 0.044715 x^3)))",
        pieces=_GELU_NONE,
        variants={"none": _GELU_NONE, "tanh": _GELU_TANH},
        variant_argument="approximate",
        parameter_sets=({"approximate": "none"}, {"approximate": "tanh"}),
        differences=(
            _tail(
                "The negative tail keeps all its digits; torch loses them from -2.6 on and gives "
                "0 from -5.5 on.",
            ),
            _limit("At -inf value and gradient are 0, at inf they are inf and 1"),
        ),
        source="Hendrycks, Gimpel: Gaussian Error Linear Units, arXiv:1606.08415",
    ),
    Entry(
        name="silu",
        numbers=(12,),
        modules=("SiLU",),
        formula="x / (1 + exp(-x)), also called swish",
        latex=r"x \sigma(x)",
        pieces=(("True", "x / (1 + exp(-x))"),),
        differences=(
            _tail("Below -89 in float32 the value is the true small number; torch gives 0."),
            _limit("At -inf value and gradient are 0, at inf they are inf and 1"),
        ),
        source="Elfwing, Uchibe, Doya: Sigmoid-Weighted Linear Units, arXiv:1702.03118",
    ),
    Entry(
        name="softplus",
        numbers=(13,),
        modules=("Softplus",),
        formula="log(1 + exp(beta * x)) / beta, and x where beta * x > threshold",
        latex=r"\frac{1}{\beta} \log(1 + \exp(\beta x))",
        pieces=(("x * beta > threshold", "x"), ("True", "log(1 + exp(beta * x)) / beta")),
        parameter_sets=(
            {"beta": 1.0, "threshold": 20.0},
            {"beta": 0.5, "threshold": 20.0},
            {"beta": 10.0, "threshold": 20.0},
            {"beta": -1.0, "threshold": 20.0},
            {"beta": 1.0, "threshold": 0.0},
            {"beta": 1.0, "threshold": 50.0},
            {"beta": 1e-4, "threshold": 20.0},
            {"beta": 1e4, "threshold": 20.0},
        ),
        width="1 / abs(beta)",
        domain=(
            "Every real number. The change to x above the threshold is a jump, as the arguments "
            "demand."
        ),
        source=(
            "Dugas, Bengio, Bélisle, Nadeau, Garcia: Incorporating Second-Order Functional "
            "Knowledge, NIPS 2000"
        ),
    ),
    Entry(
        name="softsign",
        numbers=(14,),
        modules=("Softsign",),
        formula="x / (1 + |x|)",
        latex=r"\frac{x}{1 + |x|}",
        pieces=(("x > 0", "x / (1 + x)"), ("x < 0", "x / (1 - x)"), ("True", "x")),
        domain="Every real number. The second derivative at 0 is 0, as in torch.",
        differences=(
            _limit("At ±inf the value is ±1 and the gradient 0"),
            Difference(
                "rounding",
                "One kernel that rounds the gradient once; torch's is up to 146 ulp off.",
            ),
            Difference("dtype", "Integer and complex tensors are not accepted."),
        ),
        source=(
            "Bergstra, Desjardins, Lamblin, Bengio: Quadratic Polynomials Learn Better Image "
            "Features, 2009"
        ),
    ),
    Entry(
        name="softmax",
        numbers=(15, 20),
        modules=("Softmax", "Softmax2d"),
        formula="exp(x_i) / Σ_j exp(x_j), over the elements of one dimension",
        latex=r"\frac{\exp(x_i)}{\sum_j \exp(x_j)}",
        domain=(
            "Every real number; a slice that is -inf throughout gives NaN, as in torch. "
            "Sparse COO tensors: unspecified values count as -inf."
        ),
        source="Bridle: Training Stochastic Model Recognition Algorithms as Networks, NIPS 1989",
        examples={
            "softmax": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.functional.softmax(x, dim=-1)\n"
                "tensor([0.0420, 0.1142, 0.8438])"
            ),
            "Softmax": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.nn.Softmax(dim=-1)(x)\n"
                "tensor([0.0420, 0.1142, 0.8438])"
            ),
            "Softmax2d": (
                ">>> channels = torch.tensor([-1.0, 0.0, 2.0]).view(3, 1, 1)\n"
                ">>> torch_act.nn.Softmax2d()(channels).flatten()\n"
                "tensor([0.0420, 0.1142, 0.8438])"
            ),
        },
    ),
    Entry(
        name="softmin",
        numbers=(16, 19),
        modules=("Softmin",),
        formula="exp(-x_i) / Σ_j exp(-x_j), over the elements of one dimension",
        latex=r"\frac{\exp(-x_i)}{\sum_j \exp(-x_j)}",
        domain="Every real number; a slice that is inf throughout gives NaN, as in torch.",
        differences=(
            Difference(
                "dtype-argument",
                "dtype= casts before the sign changes: right for unsigned integers, which wrap "
                "in torch.",
            ),
        ),
        source="softmax of -x",
        examples={
            "softmin": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.functional.softmin(x, dim=-1)\n"
                "tensor([0.7054, 0.2595, 0.0351])"
            ),
            "Softmin": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.nn.Softmin(dim=-1)(x)\n"
                "tensor([0.7054, 0.2595, 0.0351])"
            ),
        },
    ),
    Entry(
        name="hardtanh",
        numbers=(17,),
        modules=("Hardtanh",),
        formula="min(max(x, min_val), max_val)",
        latex=r"\min(\max(x, \text{min\_val}), \text{max\_val})",
        pieces=(("x <= min_val", "min_val"), ("x >= max_val", "max_val"), ("True", "x")),
        parameter_sets=(
            {"min_val": -1.0, "max_val": 1.0},
            {"min_val": 0.0, "max_val": 6.0},
            {"min_val": -0.1, "max_val": 0.1},
            {"min_val": 0.5, "max_val": 0.5},
            {"min_val": -2.5, "max_val": 1e4},
            {"min_val": -inf, "max_val": inf},
        ),
        domain=_KINK.format("min_val and max_val", "0") + " min_val > max_val is an error.",
        differences=(
            _NAN_GRADIENT,
            Difference("dtype", "Integer tensors are not accepted."),
        ),
        source="Collobert: Large Scale Machine Learning, thesis, 2004",
    ),
    Entry(
        name="logsigmoid",
        numbers=(18,),
        modules=("LogSigmoid",),
        formula="log(1 / (1 + exp(-x))) = -log(1 + exp(-x))",
        latex=r"\log \frac{1}{1 + \exp(-x)}",
        pieces=(("True", "-log(1 + exp(-x))"),),
        differences=(
            Difference("layout", "Keeps the input's strides; torch's result is contiguous."),
            Difference(
                "memory",
                "Saves the input alone; torch also saves a buffer of its size on the CPU.",
            ),
        ),
        source="logarithm of sigmoid",
    ),
    Entry(
        name="log_softmax",
        numbers=(21,),
        modules=("LogSoftmax",),
        formula="x_i - log Σ_j exp(x_j), over the elements of one dimension",
        latex=r"x_i - \log \sum_j \exp(x_j)",
        domain=(
            "Every real number; a slice that is -inf throughout gives NaN, as in torch. "
            "Sparse COO tensors: unspecified values count as -inf."
        ),
        source="logarithm of softmax",
        examples={
            "log_softmax": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.functional.log_softmax(x, dim=-1)\n"
                "tensor([-3.1698, -2.1698, -0.1698])"
            ),
            "LogSoftmax": (
                ">>> x = torch.tensor([-1.0, 0.0, 2.0])\n"
                ">>> torch_act.nn.LogSoftmax(dim=-1)(x)\n"
                "tensor([-3.1698, -2.1698, -0.1698])"
            ),
        },
    ),
    Entry(
        name="mish",
        modules=("Mish",),
        formula="x * tanh(log(1 + exp(x)))",
        latex=r"x \tanh(\log(1 + \exp(x)))",
        pieces=(("True", "x * tanh(log(1 + exp(x)))"),),
        differences=(
            _tail(
                "All digits of the negative tail are right; torch is 143 ulp off near -96 in "
                "float32.",
            ),
            _limit("At -inf value and gradient are 0, at inf they are inf and 1"),
        ),
        source="Misra: Mish, arXiv:1908.08681",
    ),
    Entry(
        name="hardswish",
        modules=("Hardswish",),
        formula="x * min(max(x + 3, 0), 6) / 6",
        latex=r"x \cdot \min(\max(x + 3, 0), 6) / 6",
        pieces=(("x <= -3", "0"), ("x >= 3", "x"), ("True", "x * (x + 3) / 6")),
        domain=_KINK.format("-3 and 3", "0 and 1"),
        differences=(
            _limit("At -inf the value is the limit, 0"),
            Difference("overflow", "hardswish(3e38) is 3e38 in float32; torch gives inf."),
            _NAN_GRADIENT,
        ),
        source="Howard et al.: Searching for MobileNetV3, arXiv:1905.02244",
    ),
    Entry(
        name="hardsigmoid",
        modules=("Hardsigmoid",),
        formula="min(max(x + 3, 0), 6) / 6",
        latex=r"\min(\max(x + 3, 0), 6) / 6",
        pieces=(("x <= -3", "0"), ("x >= 3", "1"), ("True", "x / 6 + 1 / 2")),
        domain=_KINK.format("-3 and 3", "0"),
        differences=(
            Difference("double-backward", "Can be differentiated twice; torch's cannot."),
            _NAN_GRADIENT,
        ),
        source=(
            "Courbariaux, Bengio, David: BinaryConnect, arXiv:1511.00363 (with slope 1/6 as in "
            "MobileNetV3)"
        ),
    ),
    Entry(
        name="hardshrink",
        modules=("Hardshrink",),
        formula="x if |x| > lambd, else 0",
        latex=r"\begin{cases} x & |x| > \lambda \\ 0 & |x| \le \lambda \end{cases}",
        pieces=(("-lambd <= x and x <= lambd", "0"), ("True", "x")),
        parameter_sets=(
            {"lambd": 0.5},
            {"lambd": 0.0},
            {"lambd": 2.0},
            {"lambd": 1e-30},
            {"lambd": 1e4},
            {"lambd": -1.0},
        ),
        domain=_KINK.format("±lambd", "0") + " With lambd < 0 it is the identity.",
        differences=(_NAN_GRADIENT,),
        source="Donoho, Johnstone: Ideal spatial adaptation by wavelet shrinkage, Biometrika 1994",
    ),
    Entry(
        name="softshrink",
        modules=("Softshrink",),
        formula="x - lambd if x > lambd, x + lambd if x < -lambd, else 0",
        latex=(
            r"\begin{cases} x - \lambda & x > \lambda \\ x + \lambda & x < -\lambda \\ 0 & |x| "
            r"\le \lambda \end{cases}"
        ),
        pieces=(("x > lambd", "x - lambd"), ("x < -lambd", "x + lambd"), ("True", "0")),
        parameter_sets=(
            {"lambd": 0.5},
            {"lambd": 0.0},
            {"lambd": 2.0},
            {"lambd": 1e-30},
            {"lambd": 1e4},
        ),
        domain=_KINK.format("±lambd", "0") + " lambd < 0 is an error.",
        differences=(_NAN_GRADIENT,),
        source="Donoho: De-noising by soft-thresholding, IEEE Trans. Inf. Theory 1995",
    ),
    Entry(
        name="tanhshrink",
        modules=("Tanhshrink",),
        formula="x - tanh(x)",
        latex=r"x - \tanh(x)",
        pieces=(("True", "x - tanh(x)"),),
        differences=(
            Difference(
                "cancellation",
                "Near 0 all digits are right; torch's float32 value is 0 for |x| < 3e-5.",
            ),
            Difference("dtype", "Integer and complex tensors are not accepted."),
        ),
        source="torch.nn.Tanhshrink",
    ),
    Entry(
        name="threshold",
        modules=("Threshold",),
        formula="x if x > threshold, else value",
        latex=(
            r"\begin{cases} x & x > \text{threshold} \\ \text{value} & x \le \text{threshold} "
            r"\end{cases}"
        ),
        pieces=(("x <= threshold", "value"), ("True", "x")),
        parameter_sets=(
            {"threshold": 0.5, "value": -1.0},
            {"threshold": 0.1, "value": 20.0},
            {"threshold": 0.0, "value": 0.0},
            {"threshold": 1e4, "value": -1e-30},
        ),
        domain=_KINK.format("threshold", "0"),
        differences=(
            _NAN_IS_NO_SIDE,
            Difference("dtype", "Integer tensors are not accepted."),
        ),
        source="torch.nn.Threshold",
    ),
    Entry(
        name="glu",
        modules=("GLU",),
        formula="a * σ(b), where a and b are the two halves of the input along dim",
        latex=r"a \cdot \sigma(b)",
        domain="Every real number; the size along dim must be even.",
        differences=(
            _saturation("The gradient of the gate is σ(b)σ(-b) and not 0 where σ(b) rounds to 1."),
        ),
        source=(
            "Dauphin, Fan, Auli, Grangier: Language Modeling with Gated Convolutional Networks, "
            "arXiv:1612.08083"
        ),
        examples={
            "glu": (
                ">>> x = torch.tensor([2.0, 3.0, 0.0, -1.0])\n"
                ">>> torch_act.functional.glu(x)\n"
                "tensor([1.0000, 0.8068])"
            ),
            "GLU": (
                ">>> x = torch.tensor([2.0, 3.0, 0.0, -1.0])\n"
                ">>> torch_act.nn.GLU()(x)\n"
                "tensor([1.0000, 0.8068])"
            ),
        },
    ),
    Entry(
        name="relu_squared",
        modules=("ReLUSquared",),
        formula="max(x, 0)²",
        latex=r"\max(x, 0)^2",
        pieces=(("x <= 0", "0"), ("True", "x**2")),
        composed="torch.relu(x).square()",
        domain="Every real number. The second derivative at 0 is 0.",
        source="So et al.: Primer, arXiv:2109.08668",
    ),
    Entry(
        name="quick_gelu",
        modules=("QuickGELU",),
        formula="x / (1 + exp(-1.702 * x)) = x * σ(1.702 * x)",
        latex=r"x \sigma(1.702 x)",
        pieces=(("True", "x / (1 + exp(-1.702 * x))"),),
        composed="x * torch.sigmoid(1.702 * x)",
        source="Hendrycks, Gimpel: Gaussian Error Linear Units, arXiv:1606.08415",
    ),
    Entry(
        name="hard_mish",
        modules=("HardMish",),
        formula="x / 2 * min(2, max(0, x + 2))",
        latex=r"\frac{x}{2} \min(2, \max(0, x + 2))",
        pieces=(("x < -2", "0"), ("x >= 0", "x"), ("True", "x * (x + 2) / 2")),
        composed="0.5 * x * (x + 2).clamp(min=0, max=2)",
        domain="Every real number. At -2 the derivative is -1, as in timm.",
        source="Misra: H-Mish, github.com/digantamisra98/H-Mish, 2020",
    ),
    Entry(
        name="squareplus",
        modules=("Squareplus",),
        formula="(x + √(x² + b)) / 2",
        latex=r"\frac{x + \sqrt{x^2 + b}}{2}",
        pieces=(
            ("b == 0 and x <= 0", "0"),
            ("b == 0", "x"),
            ("True", "(x + sqrt(x**2 + b)) / 2"),
        ),
        parameter_sets=(
            {"b": 4.0},
            {"b": 0.25},
            {"b": 0.0},
            {"b": 1e-6},
            {"b": 1e6},
        ),
        width="b**0.5 or 1",
        composed="0.5 * (x + torch.sqrt(x * x + b))",
        domain="Every real number. b < 0 and b = inf are errors; b = 0 makes it relu.",
        source="Barron: Squareplus, arXiv:2112.11687",
    ),
    Entry(
        name="laplace",
        modules=("Laplace",),
        formula="(1 + erf((x - mu) / (sigma * √2))) / 2",
        latex=r"\frac{1}{2} \left(1 + \mathrm{erf} \frac{x - \mu}{\sigma \sqrt 2}\right)",
        pieces=(("True", "erfc((mu - x) / (sigma * sqrt(2))) / 2"),),
        parameter_sets=(
            {"mu": 0.707107, "sigma": 0.282095},
            {"mu": 0.0, "sigma": 1.0},
            {"mu": -3.0, "sigma": 20.0},
            {"mu": 1e-3, "sigma": 1e-4},
        ),
        width="sigma",
        composed="0.5 * (1 + torch.erf((x - mu) / (sigma * 2**0.5)))",
        domain="Every real number. sigma <= 0 is an error.",
        source="Ma et al.: Mega, arXiv:2209.10655",
    ),
    Entry(
        name="star_relu",
        modules=("StarReLU",),
        formula="scale * max(x, 0)² + bias; each one number, or one for each channel of dim 1",
        latex=r"\text{scale} \cdot \max(x, 0)^2 + \text{bias}",
        parameter_sets=({"scale": 0.8944, "bias": -0.4472},),
        tensors=("scale", "bias"),
        composed="scale * torch.relu(x) ** 2 + bias",
        domain="Every real number. A scale of 0 gives the bias, also at inf.",
        source="Yu et al.: MetaFormer Baselines for Vision, arXiv:2210.13452",
        examples={
            "star_relu": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> scale, bias = torch.tensor(0.8944), torch.tensor(-0.4472)\n"
                ">>> torch_act.functional.star_relu(x, scale, bias)\n"
                "tensor([-0.4472, -0.2236,  7.6024])"
            ),
            "StarReLU": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> torch_act.nn.StarReLU()(x).detach()\n"
                "tensor([-0.4472, -0.2236,  7.6024])"
            ),
        },
    ),
    Entry(
        name="xielu",
        modules=("XIELU",),
        formula=(
            "alpha_p * x² + beta * x if x > 0, else alpha_n * (exp(min(x, eps)) - 1 - x) + beta * x"
            "; alpha_p and alpha_n each one number, or one for each channel of dim 1"
        ),
        latex=(
            r"\begin{cases} \alpha_p x^2 + \beta x & x > 0 \\"
            r" \alpha_n (e^{\min(x, \varepsilon)} - 1 - x) + \beta x & x \le 0 \end{cases}"
        ),
        parameter_sets=({"alpha_p": 0.8, "alpha_n": 0.8, "beta": 0.5, "eps": -1e-6},),
        tensors=("alpha_p", "alpha_n"),
        composed=(
            "torch.where(x > 0, alpha_p * x * x + beta * x,"
            " (torch.expm1(x.clamp(max=eps)) - x) * alpha_n + beta * x)"
        ),
        domain=(
            "Every real number. eps > 0 is an error. Where eps < x <= 0 the derivative is beta -"
            " alpha_n, as in transformers; with eps=0 the function is smooth below 0."
        ),
        source="Huang, Schlag: Deriving Activation Functions Using Integration, arXiv:2411.13010",
        examples={
            "xielu": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> torch_act.functional.xielu(x, torch.tensor(0.8), torch.tensor(0.8))\n"
                "tensor([-0.0917,  0.4500,  8.7000])"
            ),
            "XIELU": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> torch_act.nn.XIELU()(x).detach()\n"
                "tensor([-0.0917,  0.4500,  8.7000])"
            ),
        },
    ),
    Entry(
        name="snake",
        modules=("Snake",),
        formula=(
            "x + sin²(alpha * x) / beta, beta = alpha by default; each one number, or one for each"
            " channel of dim 1"
        ),
        latex=r"x + \frac{\sin^2(\alpha x)}{\beta}",
        parameter_sets=({"alpha": 1.0, "beta": 1.0},),
        tensors=("alpha", "beta"),
        composed="x + torch.sin(alpha * x) ** 2 / beta",
        domain=(
            "Every real number. From |alpha * x| = 2^22 on (float64: 2^51) the sine is taken as 0:"
            " neighbouring numbers are half a radian apart there."
        ),
        source=(
            "Ziyin, Hartwig, Ueda: Neural Networks Fail to Learn Periodic Functions and How to Fix"
            " It, arXiv:2006.08195"
        ),
        examples={
            "snake": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> torch_act.functional.snake(x, torch.tensor(1.0))\n"
                "tensor([-1.1732,  0.7298,  3.0199])"
            ),
            "Snake": (
                ">>> x = torch.tensor([-2.0, 0.5, 3.0])\n"
                ">>> torch_act.nn.Snake()(x).detach()\n"
                "tensor([-1.1732,  0.7298,  3.0199])"
            ),
        },
    ),
)

BY_NAME: Mapping[str, Entry] = {entry.name: entry for entry in CATALOGUE}

_SHAZEER = "Shazeer: GLU Variants Improve Transformer, arXiv:2002.05202"
_HALVES = "Every real number; the size along dim must be even."

# What is computed in the same pass as an activation: no activations of their own, but functions
# that take the name of one, or are named after it.
FUSED: tuple[Entry, ...] = (
    Entry(
        name="gated",
        modules=("Gated",),
        formula=(
            "activation(gate) * other, where gate and other are the halves of the input along dim "
            "that layout tells: 'first' gates with the first half, 'second' with the second one, "
            "'interleaved' with the even elements"
        ),
        latex=r"f(\text{gate}) \cdot \text{other}",
        domain=_HALVES,
        source=_SHAZEER,
        examples={
            "gated": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                '>>> torch_act.functional.gated(x, "relu")\n'
                "tensor([6., 0.])"
            ),
            "Gated": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                '>>> torch_act.nn.Gated("relu")(x)\n'
                "tensor([6., 0.])"
            ),
        },
    ),
    Entry(
        name="gated_pair",
        modules=(),
        formula="activation(gate) * other",
        latex=r"f(\text{gate}) \cdot \text{other}",
        source=_SHAZEER,
        examples={
            "gated_pair": (
                ">>> gate, other = torch.tensor([2.0, -1.0]), torch.tensor([3.0, 4.0])\n"
                '>>> torch_act.functional.gated_pair(gate, other, "silu")\n'
                "tensor([ 5.2848, -1.0758])"
            ),
        },
    ),
    Entry(
        name="swiglu",
        modules=("SwiGLU",),
        formula="silu(gate) * other, as of gated",
        latex=r"\text{gate} \, \sigma(\text{gate}) \cdot \text{other}",
        domain=_HALVES,
        source=_SHAZEER,
        examples={
            "swiglu": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.functional.swiglu(x)\n"
                "tensor([ 5.2848, -1.0758])"
            ),
            "SwiGLU": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.nn.SwiGLU()(x)\n"
                "tensor([ 5.2848, -1.0758])"
            ),
        },
    ),
    Entry(
        name="geglu",
        modules=("GEGLU",),
        formula="gelu(gate) * other, as of gated",
        latex=r"\text{gate} \, \Phi(\text{gate}) \cdot \text{other}",
        domain=_HALVES,
        source=_SHAZEER,
        examples={
            "geglu": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.functional.geglu(x)\n"
                "tensor([ 5.8635, -0.6346])"
            ),
            "GEGLU": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.nn.GEGLU()(x)\n"
                "tensor([ 5.8635, -0.6346])"
            ),
        },
    ),
    Entry(
        name="reglu",
        modules=("ReGLU",),
        formula="relu(gate) * other, as of gated",
        latex=r"\max(\text{gate}, 0) \cdot \text{other}",
        domain=_HALVES,
        source=_SHAZEER,
        examples={
            "reglu": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.functional.reglu(x)\n"
                "tensor([6., 0.])"
            ),
            "ReGLU": (
                ">>> x = torch.tensor([2.0, -1.0, 3.0, 4.0])  # gate, then other\n"
                ">>> torch_act.nn.ReGLU()(x)\n"
                "tensor([6., 0.])"
            ),
        },
    ),
    Entry(
        name="bias_act",
        modules=("BiasAct",),
        formula="activation(x + bias), the bias one number for each index of dimension dim",
        latex=r"f(x + \text{bias})",
        domain=(
            "Every real number. The sum is not rounded to a half type before the activation takes "
            "it. The gradient of the bias is summed in float64, in an order that follows from the "
            "shape alone."
        ),
        source=(
            "Shoeybi et al.: Megatron-LM: Training Multi-Billion Parameter Language Models Using "
            "Model Parallelism, arXiv:1909.08053"
        ),
        examples={
            "bias_act": (
                ">>> x, bias = torch.tensor([[-2.0, 1.0], [0.5, 3.0]]), torch.tensor([1.0, -2.0])\n"
                '>>> torch_act.functional.bias_act(x, bias, "relu")\n'
                "tensor([[0.0000, 0.0000],\n        [1.5000, 1.0000]])"
            ),
            "BiasAct": (
                '>>> module = torch_act.nn.BiasAct(2, "relu")\n'
                ">>> module(torch.tensor([[-2.0, 1.0]])).shape\n"
                "torch.Size([1, 2])"
            ),
        },
    ),
)
