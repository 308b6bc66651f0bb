"""Expressions of the operator table as functions: of arrays, or of tensors.

A kernel or derivative such as ``"grad * (1 - result * result)"`` is evaluated with the functions of
:data:`ARRAYS` on arrays, and with those of :data:`TENSORS` (the table's own, filled in by
ops/bind.py) on tensors. Derivatives of operators that do not work element by element name rows and
functions of tensors; what does the same on arrays stands in :data:`KERNELS`, where it is not a
row's kernel itself (autograd/plans.py).
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from . import array_functions, native

# Numbers like 1 / 0 give inf and nan as in PyTorch, silently: warnings raised in flambeau's modules
# are switched off in flambeau/__init__.py, and code made here counts as one of them.
ARRAYS: dict[str, Any] = {"__name__": "flambeau.ops.expressions"}
TENSORS: dict[str, Any] = {"__name__": "flambeau.ops.expressions"}
KERNELS: dict[str, Any] = {"conjugate": array_functions.conjugate}  # ValueError: tensors must do it

_UFUNCS = [
    "sin",
    "cos",
    "tan",
    "sinh",
    "cosh",
    "tanh",
    "asin",
    "acos",
    "atan",
    "asinh",
    "acosh",
    "atanh",
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sqrt",
    "floor",
    "ceil",
    "trunc",
    "add",
    "subtract",
    "multiply",
    "divide",
    "power",
    "fmod",
    "remainder",
    "maximum",
    "minimum",
    "fmax",
    "fmin",
    "hypot",
    "copysign",
    "nextafter",
    "logaddexp",
    "logaddexp2",
    "atan2",
    "abs",
    "sign",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "equal",
    "not_equal",
    "less",
    "less_equal",
    "greater",
    "greater_equal",
    "logical_and",
    "logical_or",
    "logical_xor",
    "logical_not",
    "bitwise_and",
    "bitwise_or",
    "bitwise_xor",
    "bitwise_not",
    "gcd",
    "lcm",
    "floor_divide",
    "square",
    "negative",
    "positive",
    "conj",
    "heaviside",
    "ldexp",
    "frexp",
]
for _name in _UFUNCS:
    ARRAYS[_name] = getattr(np, _name)
for _name in ("exp", "expm1", "log1p", "tanh"):  # those that derivatives name
    ARRAYS[_name] = native.mapped(_name, ARRAYS[_name])
for _name in ("where", "clip", "angle", "nan_to_num", "real", "imag", "zeros_like", "ones_like"):
    ARRAYS[_name] = getattr(np, _name)
ARRAYS.update(pi=np.pi, inf=np.inf, nan=np.nan)
ARRAYS.update({n: getattr(array_functions, n) for n in array_functions.__all__})
TENSORS.update(pi=np.pi, inf=np.inf, nan=np.nan, metas=tuple)

CONSTANTS = frozenset(("pi", "inf", "nan"))
META = frozenset(("shape", "dtype", "ndim"))  # what an expression may ask of an input not kept


class Meta:
    """What remains of an input that is not kept for the backward pass."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        self.shape, self.dtype = shape, dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)


def used_names(expression: str) -> tuple[list[str], set[str]]:
    """The names that an expression reads, in order, and those of them whose values it needs."""
    tree = ast.parse(expression.strip(), mode="eval")
    light = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in META
        and isinstance(node.value, ast.Name)
    }
    light |= {  # metas(tensors) asks for shapes and types of a sequence of tensors
        id(node.args[0])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "metas"
    }
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    names: list[str] = []
    heavy: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and id(node) not in called and node.id not in CONSTANTS:
            if node.id not in names:
                names.append(node.id)
            if id(node) not in light:
                heavy.add(node.id)
    return names, heavy


def compile_expression(expression: str, names: list[str], namespace: dict[str, Any]) -> Callable:
    """A function of ``names`` that computes the expression with a namespace's functions."""
    return eval(f"lambda {', '.join(names)}: ({expression.strip()})", namespace)


def array_kernel(expression: str, names: list[str]) -> Callable:
    """The array function of a pointwise row; a NumPy ufunc itself where the row is one."""
    head, bracket, rest = expression.partition("(")
    ufunc = getattr(np, head, None) if head in _UFUNCS else None
    if bracket and isinstance(ufunc, np.ufunc) and rest == ", ".join(names) + ")":
        return ufunc
    return compile_expression(expression, names, ARRAYS)
