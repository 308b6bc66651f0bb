"""What one element of a result is: scalar expressions, and how rows' texts become them.

An expression is a node of a small graph: a load from memory, a number, or a function of other
expressions. Each has a NumPy type. The texts of the operator table (kernels and the helper
functions that they name) are translated by :func:`translate`; a text that names something that
:data:`FUNCTIONS` and :data:`TEXTS` lack is not translated, and its operator runs as its kernel.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any

import numpy as np

from .memory import View

FLOAT32, FLOAT64 = np.dtype(np.float32), np.dtype(np.float64)
BOOL, INT64 = np.dtype(bool), np.dtype(np.int64)
TYPES = {
    np.dtype(name)
    for name in ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64")
}


class Untranslatable(Exception):
    """An expression that generated code does not know."""


class Expr:
    """A scalar: ``op`` says how it comes about.

    ``load`` reads a view (``value``) at the loop's indices; ``const`` is a number (``value``);
    ``number`` is the program's argument number ``value``, which may change from call to call;
    everything else is a function of ``args``.
    """

    __slots__ = ("op", "args", "dtype", "value", "views")

    def __init__(self, op: str, args: tuple[Expr, ...], dtype: np.dtype, value: Any = None):
        self.op, self.args, self.dtype, self.value = op, args, dtype, value
        self.views: tuple[View, ...] | None = None  # what :func:`loads` found

    def __repr__(self) -> str:
        if self.op in ("load", "const", "number"):
            return f"{self.op}({self.value!r})"
        return f"{self.op}({', '.join(map(repr, self.args))})"


Operand = Expr | int | float | bool


def load(view: View) -> Expr:
    if view.dtype not in TYPES:
        raise Untranslatable(f"type {view.dtype}")
    return Expr("load", (), view.dtype, view)


def const(value: Any, dtype: np.dtype) -> Expr:
    return Expr("const", (), dtype, value)


def number(slot: int, dtype: np.dtype) -> Expr:
    return Expr("number", (), dtype, slot)


def cast(x: Expr, dtype: np.dtype) -> Expr:
    """The same number in another type."""
    if x.dtype == dtype:
        return x
    if dtype not in TYPES:
        raise Untranslatable(f"type {dtype}")
    if x.op == "const":
        return const(x.value, dtype)
    return Expr("cast", (x,), dtype)


def nodes_of(x: Expr) -> list[Expr]:
    """An expression's nodes, each once, arguments before what uses them."""
    found: dict[int, Expr] = {}

    def visit(e: Expr) -> None:
        if id(e) not in found:
            for a in e.args:
                visit(a)
            found[id(e)] = e

    visit(x)
    return list(found.values())


def loads(x: Expr) -> tuple[View, ...]:
    """The views that an expression reads, each once."""
    if x.views is None:
        found: dict[tuple, View] = {}
        for e in nodes_of(x):
            if e.op == "load":
                found.setdefault(e.value.key, e.value)
        x.views = tuple(found.values())
    return x.views


def replaced(x: Expr, change: Callable[[Expr], Expr | None], seen: dict[int, Expr]) -> Expr:
    """The expression with some of its nodes exchanged; ``change`` gives None for what stays."""
    known = seen.get(id(x))
    if known is not None:
        return known
    new = change(x)
    if new is None:
        args = tuple([replaced(a, change, seen) for a in x.args])
        same = all(a is b for a, b in zip(args, x.args, strict=True))
        new = x if same else Expr(x.op, args, x.dtype, x.value)
    seen[id(x)] = new
    return new


def weight(x: Expr, done: Collection[int] = ()) -> int:
    """About how many cycles an element costs, of a scalar loop's; ``done`` are ids of expressions
    that are there already."""
    free = ("const", "number")
    return sum(
        0 if e.op in free or id(e) in done else 8 if e.op in HEAVY else 1 for e in nodes_of(x)
    )


# ---------------------------------------------------------------------- functions

# Functions of floats that are calls in C; their double form is libm's.
HEAVY = frozenset(
    ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos",
     "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "atan2", "hypot", "erf", "erfc",
     "power", "fmod", "sigmoid", "lgamma")
)  # fmt: skip
EXACT = frozenset(("sqrt", "floor", "ceil", "trunc", "rint", "copysign", "nextafter"))
FLOAT_FUNCTIONS = HEAVY | EXACT
COMPARISONS = {
    "equal": "==", "not_equal": "!=", "less": "<", "less_equal": "<=", "greater": ">",
    "greater_equal": ">=",
}  # fmt: skip
ARITHMETIC = frozenset(("add", "subtract", "multiply", "divide", "maximum", "minimum"))


def _common(args: tuple[Operand, ...], at_least: np.dtype | None = None) -> np.dtype:
    types = [a.dtype for a in args if isinstance(a, Expr)]
    if not types:
        return at_least or FLOAT32
    common = types[0]
    for t in types[1:]:
        common = np.promote_types(common, t)
    for a in args:  # Python numbers lift the category alone
        if isinstance(a, float) and common.kind != "f":
            common = np.dtype(at_least or FLOAT32)
        elif isinstance(a, int) and not isinstance(a, bool) and common.kind == "b":
            common = INT64
    return common


def _typed(a: Operand, dtype: np.dtype) -> Expr:
    return cast(a, dtype) if isinstance(a, Expr) else const(a, dtype)


def _numbers_only(name: str, args: tuple) -> Any:
    """Python's own arithmetic, where no tensor is in it."""
    function = _PYTHON.get(name)
    if function is None:
        raise Untranslatable(name)
    return function(*args)


_PYTHON: dict[str, Callable] = {
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b, "negative": lambda a: -a, "sqrt": math.sqrt, "exp": math.exp,
    "log": math.log, "positive": lambda a: a, "conjugate": lambda a: a,
}  # fmt: skip


def apply(name: str, *args: Operand) -> Any:
    """A function of the table's texts, by NumPy's name, on expressions and numbers."""
    if not any(isinstance(a, Expr) for a in args):
        return _numbers_only(name, args)
    special = FUNCTIONS.get(name)
    if special is not None:
        return special(*args)
    if name in TEXTS:
        names, text = TEXTS[name]
        return translate(text, dict(zip(names, args, strict=True)))
    if name in ("logical_and", "logical_or", "logical_xor"):
        return Expr(name, tuple([_typed(a, BOOL) for a in args]), BOOL)
    common = _common(args)
    if name in COMPARISONS:
        return Expr(name, tuple([_typed(a, common) for a in args]), BOOL)
    if name in ARITHMETIC:
        if name == "divide" and common.kind != "f":
            raise Untranslatable("division of integers")
        if common.kind == "b" and name not in ("add", "multiply", "maximum", "minimum"):
            raise Untranslatable(f"{name} of bools")
        if common.kind == "b":
            name = "logical_and" if name in ("multiply", "minimum") else "logical_or"
        return Expr(name, tuple([_typed(a, common) for a in args]), common)
    if name in FLOAT_FUNCTIONS:
        if common.kind != "f":
            raise Untranslatable(f"{name} of integers")
        return Expr(name, tuple([_typed(a, common) for a in args]), common)
    raise Untranslatable(name)


def _where(condition: Operand, a: Operand, b: Operand) -> Any:
    if not isinstance(condition, Expr):
        return a if condition else b
    common = _common((a, b), FLOAT32)
    if not isinstance(a, Expr) and not isinstance(b, Expr):
        raise Untranslatable("where of two numbers")
    return Expr("where", (cast(condition, BOOL), _typed(a, common), _typed(b, common)), common)


def _unary(name: str, kinds: str) -> Callable[[Expr], Expr]:
    def make(x: Expr) -> Expr:
        if x.dtype.kind not in kinds:
            raise Untranslatable(f"{name} of {x.dtype}")
        return Expr(name, (x,), x.dtype)

    return make


def _test(name: str) -> Callable[[Expr], Expr]:
    def make(x: Expr) -> Expr:
        if x.dtype.kind != "f":
            return const(name == "isfinite", BOOL)
        return Expr(name, (x,), BOOL)

    return make


def _rounded(name: str) -> Callable[[Expr], Expr]:
    """floor_of and its like: integers are whole already."""
    return lambda x: x if x.dtype.kind in "biu" else apply(name, x)


def _power(x: Operand, y: Operand) -> Any:
    if isinstance(x, Expr) and isinstance(y, Expr) and y.op == "const" and y.dtype == x.dtype:
        y = y.value
    if isinstance(x, Expr) and not isinstance(y, Expr) and x.dtype.kind == "f":
        if y == 2:
            return apply("multiply", x, x)
        if y == 1:
            return x
        if y == 0.5:
            return apply("sqrt", x)
        if y == 3:
            return apply("multiply", apply("multiply", x, x), x)
        if y == -1:
            return apply("divide", 1.0, x)
        if y == -0.5:
            return apply("divide", 1.0, apply("sqrt", x))
    common = _common((x, y))
    if common.kind != "f":
        raise Untranslatable("powers of integers")
    return Expr("power", (_typed(x, common), _typed(y, common)), common)


def _bitwise(name: str) -> Callable[..., Expr]:
    def make(*args: Operand) -> Expr:
        common = _common(args)
        if common.kind not in "biu":
            raise Untranslatable(f"{name} of {common}")
        if common.kind == "b":
            logical = name.replace("bitwise", "logical")
            return Expr(logical, tuple([_typed(a, BOOL) for a in args]), BOOL)
        return Expr(name, tuple([_typed(a, common) for a in args]), common)

    return make


def _fit_like(x: Operand, like: Expr) -> Any:
    return x


def _float_only(name: str, otherwise: str) -> Callable[..., Expr]:
    """A function of floats; integers have another one that does the same."""

    def make(*args: Operand) -> Expr:
        common = _common(args)
        if common.kind != "f":
            return apply(otherwise, *args)
        return Expr(name, tuple([_typed(a, common) for a in args]), common)

    return make


FUNCTIONS: dict[str, Callable] = {
    "where": _where,
    "where_of": _where,
    "negative": _unary("negative", "fiu"),
    "abs": lambda x: x if x.dtype.kind == "u" else _unary("abs", "fi")(x),
    "sign_of": _unary("sign", "fiu"),
    "sgn": _unary("sign", "fiu"),
    "sign": _unary("sign", "fiu"),
    "positive": lambda x: x,
    "conjugate": lambda x: x,
    "real": lambda x: x,
    "logical_not": lambda x: Expr("logical_not", (cast(x, BOOL),), BOOL),
    "isnan": _test("isnan"),
    "isinf": _test("isinf"),
    "isfinite": _test("isfinite"),
    "floor_of": _rounded("floor"),
    "ceil_of": _rounded("ceil"),
    "trunc_of": _rounded("trunc"),
    "power_checked": _power,
    "power": _power,
    "as_real_like": _fit_like,
    "fmax": _float_only("fmax", "maximum"),
    "fmin": _float_only("fmin", "minimum"),
    **{name: _bitwise(name) for name in
       ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")},
}  # fmt: skip

# Helper functions of the table, in terms of others.
TEXTS: dict[str, tuple[tuple[str, ...], str]] = {
    "rsqrt": (("x",), "1 / sqrt(x)"),
    "reciprocal_of": (("x",), "1 / x"),
    "square": (("x",), "x * x"),
    "exp2_of": (("x",), "exp2(x)"),
    "scaled": (("x", "alpha"), "x * alpha"),
    "lerp_of": (
        ("x", "end", "weight"),
        "where(abs(weight) < 0.5, x + weight * (end - x), end - (end - x) * (1 - weight))",
    ),
    "max_share": (("a", "b"), "where(a > b, 1.0, where(a == b, 0.5, where(a != a, 1.0, a * 0)))"),
}


def _scaled(x: Operand, alpha: Operand) -> Any:
    if not isinstance(alpha, Expr) and alpha == 1:
        return x
    return apply("multiply", x, alpha)


FUNCTIONS["scaled"] = _scaled


def _lerp(x: Expr, end: Expr, weight: Operand) -> Any:
    step = apply("subtract", end, x)
    if isinstance(weight, Expr):
        near = apply("add", x, apply("multiply", weight, step))
        far = apply("subtract", end, apply("multiply", step, apply("subtract", 1.0, weight)))
        return _where(apply("less", apply("abs", weight), 0.5), near, far)
    if abs(weight) < 0.5:
        return apply("add", x, apply("multiply", weight, step))
    return apply("subtract", end, apply("multiply", step, 1 - weight))


FUNCTIONS["lerp_of"] = _lerp


def _divided(name: str) -> Callable[[Operand, Operand], Any]:
    """A division of integers, by a number that is known: any other may be 0, which raises."""

    def make(x: Operand, y: Operand) -> Any:
        divisor = y.value if isinstance(y, Expr) and y.op == "const" else y
        if isinstance(divisor, Expr) or int(divisor) in (0, -1):
            raise Untranslatable("division by what may be 0")
        common = _common((x, y))
        return Expr(name, (_typed(x, common), const(int(divisor), common)), common)

    return make


def _rounded_quotient(x: Operand, y: Operand) -> Any:
    """floor(x / y), as NumPy computes it: exact also where the quotient itself is rounded."""
    common = _common((x, y))
    if common.kind in "iu":
        return _divided("int_floor_divide")(x, y)
    quotient, rest = apply("divide", x, y), apply("fmod", x, y)
    whole = apply("divide", apply("subtract", x, rest), y)
    below = apply("less", apply("multiply", apply("sign", y), apply("sign", rest)), 0.0)
    whole = _where(below, apply("subtract", whole, 1.0), whole)
    floor = apply("floor", whole)
    late = apply("greater", apply("subtract", whole, floor), 0.5)
    floor = _where(late, apply("add", floor, 1.0), floor)
    zero = apply("copysign", const(0.0, common), quotient)
    floor = _where(apply("equal", whole, 0.0), zero, floor)
    return _where(apply("equal", y, 0.0), quotient, floor)


def _cut_quotient(x: Operand, y: Operand) -> Any:
    if _common((x, y)).kind in "iu":
        return _divided("int_divide")(x, y)  # type: ignore[arg-type]
    return apply("trunc", apply("divide", x, y))


def _remainder(x: Operand, y: Operand) -> Any:
    """x - y floor(x / y), of y's sign."""
    common = _common((x, y))
    if common.kind in "iu":
        return _divided("int_remainder")(x, y)  # type: ignore[arg-type]
    rest = apply("fmod", x, y)
    below = apply("less", apply("multiply", apply("sign", y), apply("sign", rest)), 0.0)
    lifted = _where(below, apply("add", rest, y), rest)
    return _where(apply("equal", rest, 0.0), apply("copysign", const(0.0, common), y), lifted)


def _fmod(x: Operand, y: Operand) -> Any:
    if _common((x, y)).kind in "iu":
        return _divided("int_fmod")(x, y)  # type: ignore[arg-type]
    return apply("fmod", x, y)


FUNCTIONS["floor_divide_checked"] = _rounded_quotient
FUNCTIONS["trunc_divide"] = _cut_quotient
FUNCTIONS["remainder_checked"] = _remainder
FUNCTIONS["fmod_checked"] = _fmod
FUNCTIONS["signbit_of"] = lambda x: apply(
    "less", apply("copysign", const(1.0, x.dtype), x) if x.dtype.kind == "f" else x, 0
)
TEXTS["logaddexp_of"] = (
    ("x", "y"),
    "where(x == y, x + 0.6931471805599453, maximum(x, y) + log1p(exp(-abs(x - y))))",
)
TEXTS["xlogy_of"] = ("x", "y"), "where(x == 0, where(y != y, y, 0.0), x * log(y))"
TEXTS["xlog1py_of"] = ("x", "y"), "where(x == 0, where(y != y, y, 0.0), x * log1p(y))"
del TEXTS["lerp_of"], TEXTS["max_share"]

# ---------------------------------------------------------------------- texts

_OPERATORS = {
    ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power",
    ast.BitAnd: "bitwise_and", ast.BitOr: "bitwise_or", ast.BitXor: "bitwise_xor",
    ast.USub: "negative", ast.Invert: "bitwise_not", ast.UAdd: "positive", ast.Eq: "equal",
    ast.NotEq: "not_equal", ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater",
    ast.GtE: "greater_equal",
}  # fmt: skip
_CONSTANTS = {"pi": math.pi, "inf": math.inf, "nan": math.nan}


@cache
def _parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def translate(text: str, values: Mapping[str, Operand]) -> Any:
    """A text of the operator table as an expression, in terms of what its names stand for.

    Raises:
        Untranslatable: the text uses something that generated code does not know.
    """

    def visit(node: ast.AST) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if node.id in values:
                return values[node.id]
            if node.id in _CONSTANTS:
                return _CONSTANTS[node.id]
            raise Untranslatable(node.id)
        if isinstance(node, ast.BinOp):
            return apply(_OPERATORS[type(node.op)], visit(node.left), visit(node.right))
        if isinstance(node, ast.UnaryOp):
            name = _OPERATORS.get(type(node.op))
            if name is None:
                raise Untranslatable(ast.dump(node.op))
            return apply(name, visit(node.operand))
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            name = _OPERATORS.get(type(node.ops[0]))
            if name is None:
                raise Untranslatable("a chain of comparisons")
            return apply(name, visit(node.left), visit(node.comparators[0]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return apply(node.func.id, *[visit(a) for a in node.args])
        raise Untranslatable(type(node).__name__)

    return visit(_parsed(text))
