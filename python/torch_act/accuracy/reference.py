"""The exact f, f′ and f″ of an activation, from nothing but its mathematical definition.

The definition is text: the pieces that `torch_act.catalogue` gives for documentation. It is
evaluated in ball arithmetic (FLINT's arb), whose every result is an interval that is proven to hold
the exact value; the derivatives come from the same evaluation on a Taylor series. The precision is
doubled until the interval is so narrow that it decides the question. Nothing is shared with the C++
under test: not the algorithms, not the derivatives.
"""

import ast
import math
from collections.abc import Iterable, Mapping
from types import CodeType
from typing import Any, NamedTuple

import numpy as np
from flint import arb, arb_series, ctx
from numpy.typing import NDArray

Scope = tuple[int, dict[str, Any]]  # the bits of all in it, and what an expression can name

ENOUGH_BITS = 110  # relative accuracy of high + low
PRECISIONS = (160, 320, 640, 1280, 2560, 5120)

# No expression is evaluated beyond this: exp(2**500) exceeds even FLINT's exponents.
LARGEST_ARGUMENT = 2.0**200


class Exact(NamedTuple):
    """Rows: f, f′, f″. Columns: points. The exact number is high + low."""

    high: np.ndarray
    low: np.ndarray


def _tanh(x: Any) -> Any:
    # By the chain rule: arb_series has no tanh, and a quotient of exponentials would overflow
    # sooner.
    if isinstance(x, arb):
        return x.tanh()
    inner, t, slope = arb_series([arb(0), x[1], x[2]]), x[0].tanh(), x[0].sech() ** 2
    return arb_series([t]) + slope * inner - t * slope * inner * inner


FUNCTIONS = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "sqrt": lambda x: x.sqrt(),
    "erf": lambda x: x.erf(),
    "erfc": lambda x: x.erfc(),
    "tanh": _tanh,
}


class _ExactLiterals(ast.NodeTransformer):
    """Reads 0.044715 as that decimal number, not as the float64 beside it, and 1/6 as a sixth."""

    def __init__(self, source: str) -> None:
        self.source = source

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        node.left = self.visit(node.left)
        if not isinstance(node.op, ast.Pow):  # x**3 stays an integer power
            node.right = self.visit(node.right)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        text = ast.Constant(ast.get_source_segment(self.source, node))
        return ast.copy_location(ast.Call(ast.Name("_literal", ast.Load()), [text], []), node)


def _compile(expression: str) -> CodeType:
    tree = _ExactLiterals(expression).visit(ast.parse(expression.strip(), mode="eval"))
    return compile(ast.fix_missing_locations(tree), expression, "eval")


class Reference:
    """`pieces`: pairs of condition and expression, Python text; the first true condition wins.

    `parameters` are exact floats: round them first to the dtype in which the op under test
    computes. Conditions are decided in the arithmetic of that dtype, `number`: x * beta > threshold
    means the rounded product.
    """

    def __init__(
        self,
        pieces: Iterable[tuple[str, str]],
        parameters: Mapping[str, float],
        number: type[np.floating[Any]] = np.float64,
    ) -> None:
        self.number = number
        self.parameters = {name: float(value) for name, value in parameters.items()}
        self.conditions = [
            compile(str(condition).strip(), str(condition), "eval") for condition, _ in pieces
        ]
        self.expressions = [_compile(expression) for _, expression in pieces]
        self.sources = [expression for _, expression in pieces]

    def piece(self, x: float) -> int:
        """The index of the piece that holds the float x."""
        numbers = {name: self.number(value) for name, value in self.parameters.items()}
        scope = {"inf": math.inf, "abs": abs, "__builtins__": {}, **numbers, "x": self.number(x)}
        with np.errstate(over="ignore", under="ignore"):
            for index, condition in enumerate(self.conditions):
                if eval(condition, scope):
                    return index
        raise ValueError(f"no piece holds x = {x!r}: {self.sources}")

    def at(self, points: NDArray[np.float64], smallest: float) -> Exact:
        """Exact f, f′, f″ at finite `points`; magnitudes below `smallest`·2⁻²⁰ may count as 0."""
        negligible = arb(smallest) * arb(2) ** -20
        high, low = np.zeros((3, len(points))), np.zeros((3, len(points)))
        saved = ctx.prec, ctx.cap
        try:
            ctx.cap = 3
            scopes = [self._scope(precision) for precision in PRECISIONS]
            for column, x in enumerate(points):
                for order, coefficient in enumerate(self._narrow(float(x), scopes, negligible)):
                    first = float(coefficient)
                    high[order, column] = first
                    if math.isfinite(first):
                        low[order, column] = float(coefficient - first)
        finally:
            ctx.prec, ctx.cap = saved
        return Exact(high, low)

    def series(self, x: Any) -> list[Any]:
        """f, f′, f″ at a ball, in the precision that is set; its middle tells the piece."""
        _, scope = self._scope(ctx.prec)
        scope["x"] = arb_series([x, arb(1)])
        return _coefficients(eval(self.expressions[self.piece(float(x.mid()))], scope))

    def _scope(self, precision: int) -> Scope:
        ctx.prec = precision
        parameters = {name: arb(value) for name, value in self.parameters.items()}
        return precision, {
            **FUNCTIONS,
            "_literal": arb,
            "pi": arb.pi(),
            "__builtins__": {},
            **parameters,
        }

    def _narrow(self, x: float, scopes: list[Scope], negligible: Any) -> list[Any]:
        if not abs(x) <= LARGEST_ARGUMENT:
            raise ValueError(f"{x!r} is out of the reference's reach")
        code = self.expressions[self.piece(x)]
        coefficients: list[Any] = []
        for precision, scope in scopes:
            ctx.prec = precision
            scope["x"] = arb_series([arb(x), arb(1)])
            try:
                result = eval(code, scope)
            except ValueError:  # the interval of a denominator holds 0
                continue
            coefficients = _coefficients(result)
            if all(decided(c, negligible) for c in coefficients):
                return [c.mid() for c in coefficients]
        raise ArithmeticError(
            f"{PRECISIONS[-1]} bits do not decide the value at {x!r}: {coefficients}"
        )


def _coefficients(result: Any) -> list[Any]:
    if isinstance(result, arb):
        result = arb_series([result])
    return [result[0], result[1], 2 * result[2]]


def decided(ball: Any, negligible: Any) -> bool:
    if not ball.is_finite():
        return False
    return ball.rel_accuracy_bits() >= ENOUGH_BITS or bool(ball.rad() < negligible)
