"""What the nodes of an operator keep and compute: worked out once for each set of inputs that want
gradients.

A derivative is computed on tensors where its own gradient is wanted or somebody records. In an
ordinary backward pass it is computed on arrays, without tensors in between, where all that it names
can be had as functions of arrays that give the same numbers: see :func:`array_functions`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from ..ops import expressions
from ..ops.expressions import KERNELS, META, TENSORS
from ..ops.table import KEEP, ROWS, Op

GRAD, GRADS, NEEDS, OUTPUT = -1, -2, -3, 1000  # where an expression's name comes from


def source_of(op: Op, name: str) -> int:
    """Where a name's value comes from: a parameter's position, or one of the numbers above."""
    if name == "grad":
        return GRAD
    if name == "grads":
        return GRADS
    if name in op.outputs:
        return OUTPUT + op.outputs.index(name)
    for i, p in enumerate(op.params):
        if p.name == name:
            return i
    if name == "needs":
        return NEEDS
    raise AttributeError(f"{op.name} has no parameter or output named {name}")


class Step:
    """One derivative expression of an operator: the inputs it serves and what it reads."""

    __slots__ = ("targets", "expression", "names", "heavy", "sources", "_tensors")

    def __init__(self, op: Op, targets: tuple[int, ...], expression: str):
        self.targets = targets  # parameter positions whose gradients it gives
        self.expression = expression
        self.names, self.heavy = expressions.used_names(expression)
        self.sources = tuple(source_of(op, name) for name in self.names)
        self._tensors: Callable | None = None

    @property
    def tensors(self) -> Callable:
        """The expression as a function of tensors."""
        if self._tensors is None:
            self._tensors = expressions.compile_expression(self.expression, self.names, TENSORS)
        return self._tensors


class Plan:
    """What a node of an operator keeps and computes, for one set of inputs that need gradients."""

    __slots__ = ("steps", "keep", "keep_outputs", "light", "rest", "frees", "arrays", "reads",
                 "places", "fits", "one_type")  # fmt: skip

    def __init__(self, op: Op, mask: int):
        index = {p.name: i for i, p in enumerate(op.params)}
        self.steps: list[Step] = []
        for key, expression in (op.derivative or {}).items():
            targets = tuple(index[name.strip()] for name in key.split(","))
            if any(mask >> t & 1 for t in targets):
                self.steps.append(Step(op, targets, expression))
        self.fits = op.lowering == "pointwise"  # gradients are summed to their inputs' shapes
        heavy = {name for step in self.steps for name in step.heavy}
        read = {source for step in self.steps for source in step.sources}
        if self.fits:
            read |= {t for step in self.steps for t in step.targets}
        tensors, lists = set(op.tensor_order), set(op.list_slots)
        keep = {index[name] for name in heavy if name in index} & tensors
        self.keep = tuple(sorted(keep))  # tensors that are kept
        self.light = tuple(sorted((tensors & read | lists) - keep))  # whose shapes and types are
        self.rest = tuple(sorted(tensors - lists - read))  # of which nothing is kept
        self.keep_outputs = tuple(i for i, name in enumerate(op.outputs) if name in heavy)
        self.frees = bool(self.keep or self.keep_outputs)
        # All gradients as a tuple, from the output's, the arguments ``reads`` and the outputs
        # ``keep_outputs``, on arrays; None where they are computed on tensors.
        self.arrays: Callable | None = None
        self.reads: tuple[int, ...] = ()
        # Where the gradients belong: the number among the node's edges, and that of the argument.
        self.places: tuple[tuple[int, int], ...] = ()
        self.one_type = False  # whether there is arithmetic between arrays of one type only
        self._plan_arrays(op)

    def _plan_arrays(self, op: Op) -> None:
        plain = all(len(s.targets) == 1 and not {GRADS, NEEDS} & set(s.sources) for s in self.steps)
        if not plain or op.list_slots or op.several or len(op.outputs) - op.hidden != 1:
            return
        if self.fits:
            functions: dict[str, Any] | None = expressions.ARRAYS
        else:
            kept = {op.params[i].name for i in self.keep}
            functions = array_functions([step.expression for step in self.steps], kept)
        if functions is None:
            return
        self.one_type = not self.fits and any(
            isinstance(node, (ast.BinOp, ast.UnaryOp))
            for step in self.steps
            for node in ast.walk(ast.parse(step.expression, mode="eval"))
        )
        self.reads = tuple(sorted({i for s in self.steps for i in s.sources if 0 <= i < OUTPUT}))
        outputs = {i for s in self.steps for i in s.sources if i >= OUTPUT}
        if outputs != {OUTPUT + i for i in self.keep_outputs}:
            return
        names = ["grad", *(op.params[i].name for i in self.reads)]
        names += [op.outputs[i] for i in self.keep_outputs]
        text = ", ".join(f"({step.expression.strip()})" for step in self.steps)
        targets = [step.targets[0] for step in self.steps]
        self.places = tuple((op.tensor_order.index(t), t) for t in targets)
        self.arrays = expressions.compile_expression(f"{text},", names, functions)


def plan_of(op: Op, mask: int) -> Plan:
    """The plan for the parameters whose bits are set in ``mask``; made once."""
    plan = op.plans.get(mask)
    if plan is None:
        plan = op.plans[mask] = Plan(op, mask)
    return plan


# What an expression may consist of beside calls and names to be computed on arrays.
_PLAIN = (ast.Expression, ast.Load, ast.Constant, ast.Tuple, ast.Subscript, ast.Slice, ast.BinOp,
          ast.Add, ast.Sub, ast.Mult, ast.Div, ast.UnaryOp, ast.USub)  # fmt: skip


def array_functions(texts: list[str], kept: set[str]) -> dict[str, Any] | None:
    """The functions of arrays for all that expressions call; None where one works on tensors alone.

    They are kernels of rows that take their arguments as they come, and functions that were written
    for this (``expressions.KERNELS``). The type of a tensor that is kept is no NumPy type, which
    only the latter may be given.
    """
    found: dict[str, Any] = {"__name__": expressions.__name__}
    for text in texts:
        any_type: set[int] = set()  # where both kinds of types will do
        for node in ast.walk(ast.parse(text.strip(), mode="eval")):  # calls before their arguments
            if isinstance(node, ast.Call):
                function = _array_function(node)
                if function is None:
                    return None
                name = node.func.id  # type: ignore[attr-defined]
                found[name] = function
                if name in KERNELS:
                    any_type |= {id(a) for a in node.args}
            elif isinstance(node, ast.Attribute):
                name = getattr(node.value, "id", "")
                typed = node.attr == "dtype" and name in kept and id(node) not in any_type
                if node.attr not in META or not name or typed:
                    return None
            elif not isinstance(node, (ast.Name, *_PLAIN)):
                return None
    return found


def _array_function(call: ast.Call) -> Callable | None:
    """The function of arrays that does what a call in an expression does on tensors."""
    name = getattr(call.func, "id", None)
    if name is None or call.keywords:
        return None
    if name in KERNELS:
        return KERNELS[name]
    row = ROWS.get(name)
    if row is None or TENSORS.get(name) is not row.function:
        return None
    row.prepare()
    takes_arrays = (
        row.rule == KEEP
        and not (row.writes or row.random)
        and row.kernel is not None
        and row.admit is None
        and not row.list_slots
        and not row.several
        and len(row.outputs) == 1
        and row.variadic < 0
        and row.arity == len(call.args)
    )
    return row.kernel if takes_arrays else None


__all__ = ["GRAD", "GRADS", "NEEDS", "OUTPUT", "Plan", "Step", "plan_of", "source_of"]
