"""The operator table: everything that flambeau knows of an operator, in one row.

A row is an :class:`Op`. It is written with :func:`pointwise` (a line in a table, for operators
that work element by element) or with :func:`op` (a decorator on the kernel, for all others)::

    pointwise("tanh(input)", "tanh(input)", {"input": "grad * (1 - result * result)"},
              FLOAT, r"\\tanh x")

    @op("mm(input, mat2)", derivative={"input": "grad @ mat2.mH", "mat2": "input.mH @ grad"},
        lowering="contraction", formula=r"(AB)_{ij} = \\sum_k A_{ik} B_{kj}")
    def mm(input, mat2):
        return np.matmul(input, mat2)

**Signature.** PyTorch's names, order and defaults. A parameter without annotation is a tensor;
``Tensors`` is a sequence of them; ``*dims: int`` takes numbers one by one or as one sequence.

**Kernel.** A function of arrays that takes all parameters in order and returns an array or a tuple
of arrays. For pointwise rows it is an expression, from which the array function is made, and from
which the compiler makes C.

**Derivative.** An expression per input, in the parameters' names, ``grad`` (the gradient of the
result; ``grads`` where there are several), ``result`` (or the outputs' names) and the functions of
the table. What the expression names is what is kept for the backward pass; ``input.shape``,
``input.dtype`` and ``input.ndim`` keep nothing. A key may name several inputs ("input, weight"),
its expression then gives a tuple; ``needs`` says which of them are wanted.

**Composites** (:func:`composite`) are functions of tensors that are made of rows; they need no
derivative of their own.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

REQUIRED = object()

# dtype rules: what inputs are converted to before the kernel sees them
KEEP = "keep"  # nothing is converted
PROMOTE = "promote"  # to the common type
FLOAT = "float"  # to the common type; bool and int to the default float type
FLOATING = "floating"  # to the common type, which must be a floating-point type
REAL = "real"  # to the common type, which must be an integer or a floating-point type
BOOL = "bool"  # to the common type; the result is bool

LOWERINGS = ("pointwise", "reduction", "view", "contraction", "gather", "scatter", "opaque")


class Param:
    """One parameter of a signature."""

    __slots__ = ("name", "type", "default", "keyword_only", "variadic")

    def __init__(self, name: str, type: str, default: Any, keyword_only: bool, variadic: bool):
        self.name, self.type, self.default = name, type, default
        self.keyword_only, self.variadic = keyword_only, variadic

    @property
    def is_tensor(self) -> bool:
        return self.type.split(" |")[0] == "Tensor"

    @property
    def is_tensors(self) -> bool:
        return self.type.split(" |")[0] == "Tensors"


def parse_signature(text: str) -> list[Param]:
    """The parameters of a signature such as ``add(input, other, *, alpha: Number = 1)``."""
    inside = text[text.index("(") + 1 : text.rindex(")")]
    params, keyword_only = [], False
    for part in _split(inside):
        if part == "*":
            keyword_only = True
            continue
        left, equals, default = part.partition("=")
        name, colon, annotation = left.partition(":")
        name = name.strip()
        variadic = name.startswith("*")
        params.append(
            Param(
                name.lstrip("*"),
                annotation.strip() if colon else "Tensor",
                ast.literal_eval(default.strip()) if equals else REQUIRED,
                keyword_only,
                variadic,
            )
        )
    return params


def _split(text: str) -> list[str]:
    """Splits at commas outside brackets and quotes."""
    parts, depth, start, quoted = [], 0, 0, False
    for i, c in enumerate(text):
        if c == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif c in "([":
            depth += 1
        elif c in ")]":
            depth -= 1
        elif c == "," and not depth:
            parts.append(text[start:i].strip())
            start = i + 1
    last = text[start:].strip()
    return parts + [last] if last else parts


class Op:
    """A row of the operator table."""

    __slots__ = (
        "name", "signature", "kernel", "expression", "derivative", "rule", "lowering", "formula",
        "outputs", "hidden", "inplace", "where", "aliases", "doc", "view", "writes", "node_name",
        "nondifferentiable", "params", "arity", "slots", "list_slots", "tensor_order", "variadic",
        "plans", "node_class", "opmath", "function", "inplace_function", "prepared", "random",
        "short",
        "plain",
        "into", "several", "expanded", "admit", "dynamic",
    )  # fmt: skip

    def __init__(
        self,
        signature: str,
        kernel: Callable | None,
        *,
        expression: str | None = None,
        derivative: Mapping[str, str] | None = None,
        rule: str = KEEP,
        lowering: str = "opaque",
        formula: str = "",
        outputs: tuple[str, ...] = (),
        hidden: int = 0,
        inplace: bool = False,
        where: str = "function method",
        aliases: tuple[str, ...] = (),
        doc: str = "",
        view: bool = False,
        writes: bool = False,
        node: str = "",
        nondifferentiable: tuple[str, ...] = (),
        opmath: bool = True,
        random: bool = False,
        short: str = "",
        into: Callable | None = None,
        several: bool = False,
        expanded: bool = False,
        admit: Callable[..., tuple] | None = None,
        dynamic: bool | Callable[[tuple], bool] = False,
    ):
        assert lowering in LOWERINGS, lowering
        self.name = signature[: signature.index("(")]
        self.signature = signature
        self.kernel = kernel
        self.expression = expression  # pointwise rows: the kernel as an expression
        self.derivative = derivative
        self.rule, self.lowering, self.formula = rule, lowering, formula
        self.outputs = outputs or ("result",)
        self.hidden = hidden  # so many last outputs serve the derivative alone
        self.inplace = inplace  # whether name_() exists
        self.where = where.split()  # function, method, nn, linalg, special, fft
        self.aliases = aliases
        self.doc = doc
        self.view = view  # the result shares memory with the first argument (or may)
        self.writes = writes  # the kernel itself writes into its first argument
        self.node_name = node
        self.nondifferentiable = nondifferentiable  # outputs without gradient, by name
        self.opmath = opmath  # half types are computed in float32
        self.random = random  # draws from a generator
        self.dynamic = dynamic  # whether the result's size depends on the inputs' numbers
        self.short = short  # the expression when all parameters but the tensors have their defaults
        self.admit = admit  # looks at a call's arguments first: refuses some, or changes them
        self.expanded = expanded  # name_() may write into an expanded tensor
        self.several = several  # the kernel gives a tuple of as many arrays as the call asks for
        self.into = into  # the kernel of name_(): writes into its first array, not into a new one
        self.plain = rule == KEEP and not (view or writes or random)
        self.prepared = False
        self.plans: dict[int, Any] = {}
        self.node_class: Any = None
        self.function: Any = None
        self.inplace_function: Any = None

    def prepare(self) -> None:
        """Reads the signature. Done on first use, so that start-up stays quick."""
        if self.prepared:
            return
        params = parse_signature(self.signature)
        self.params = params
        self.variadic = next((i for i, p in enumerate(params) if p.variadic), -1)
        self.arity = len(params)
        self.slots = tuple(i for i, p in enumerate(params) if p.is_tensor)
        self.list_slots = tuple(i for i, p in enumerate(params) if p.is_tensors)
        self.tensor_order = tuple(sorted(self.slots + self.list_slots))
        self.prepared = True

    def bind(self, args: tuple, kwargs: dict[str, Any]) -> tuple:
        """All parameters in order, from a call's arguments. TypeError as PyTorch's parser."""
        if not self.prepared:
            self.prepare()
        params = self.params
        if self.variadic >= 0:
            args = _gather_variadic(args, self.variadic, kwargs)
        n = len(args)
        if n == self.arity and not kwargs and not params[-1].keyword_only:
            return args
        bound = list(args)
        if n > self.arity or (n and params[n - 1].keyword_only):
            most = sum(not p.keyword_only for p in params)
            raise TypeError(f"{self.name}() takes {most} positional arguments but {n} were given")
        used = 0
        for p in params[n:]:
            if p.name in kwargs:
                bound.append(kwargs[p.name])
                used += 1
            elif p.default is not REQUIRED:
                bound.append(p.default)
            else:
                return self._bind_renamed(args, kwargs)
        if used != len(kwargs):
            return self._bind_renamed(args, kwargs)
        return tuple(bound)

    def _bind_renamed(self, args: tuple, kwargs: dict[str, Any]) -> tuple:
        """A call that uses NumPy's names (axis, keepdims, x1, x2), or a wrong one."""
        names = {p.name for p in self.params}
        renamed = {}
        for key, value in kwargs.items():
            new = next((n for n in RENAMED.get(key, ()) if n in names), key)
            renamed[new] = value
        if renamed.keys() != kwargs.keys():
            return self.bind(args, renamed)
        taken = {p.name for p in self.params[: len(args)]}
        for key in kwargs:
            if key in taken:
                raise TypeError(f"{self.name}() got multiple values for argument '{key}'")
            if key not in names:
                raise TypeError(f"{self.name}() got an unexpected keyword argument '{key}'")
        missing = [
            p.name
            for p in self.params[len(args) :]
            if p.default is REQUIRED and p.name not in kwargs
        ]
        raise TypeError(
            f"{self.name}() missing {len(missing)} required positional arguments: "
            + ", ".join(f'"{name}"' for name in missing)
        )

    def __repr__(self) -> str:
        return f"<operator {self.signature}>"


RENAMED = {
    "axis": ("dim", "dims"), "axes": ("dims",), "keepdims": ("keepdim",), "x1": ("input",),
    "x2": ("other",), "a": ("input",), "x": ("input",), "self": ("input",), "dim": ("dims",),
    "dims": ("dim",), "size": ("shape",), "shape": ("size",), "A": ("input",),
}  # fmt: skip


def _gather_variadic(args: tuple, at: int, kwargs: dict[str, Any]) -> tuple:
    """``permute(x, 2, 0, 1)`` and ``permute(x, (2, 0, 1))`` both give ``(x, (2, 0, 1))``."""
    rest = args[at:]
    if not rest:
        return args
    if len(rest) == 1 and not _is_index(rest[0]):
        return args[:at] + (tuple(rest[0]),) if rest[0] is not None else args
    return args[:at] + (tuple(rest),)


def _is_index(value: object) -> bool:
    return isinstance(value, int) or hasattr(value, "__index__") and not hasattr(value, "__iter__")


ROWS: dict[str, Op] = {}
COMPOSITES: dict[str, Composite] = {}


class Composite:
    """A function of tensors that is made of rows, and the places where users find it."""

    __slots__ = ("name", "function", "where", "aliases", "inplace")

    def __init__(self, name: str, function: Callable, where: str, aliases: tuple[str, ...]):
        self.name, self.function, self.where = name, function, where.split()
        self.aliases = aliases


def register(row: Op) -> Op:
    if row.name in ROWS:
        raise ValueError(f"two rows for the operator {row.name}")
    ROWS[row.name] = row
    return row


def pointwise(
    signature: str,
    expression: str,
    derivative: Mapping[str, str] | None = None,
    rule: str = PROMOTE,
    formula: str = "",
    *,
    inplace: bool = True,
    where: str = "function method",
    aliases: tuple[str, ...] = (),
    node: str = "",
    opmath: bool = True,
    short: str = "",
    admit: Callable[..., tuple] | None = None,
) -> Op:
    """Adds a row for an operator that works element by element, with broadcasting."""
    return register(
        Op(
            signature,
            None,
            expression=expression,
            derivative=derivative,
            rule=rule,
            lowering="pointwise",
            formula=formula,
            inplace=inplace,
            where=where,
            aliases=aliases,
            node=node,
            opmath=opmath,
            short=short,
            admit=admit,
        )
    )


def op(signature: str, **settings: Any) -> Callable[[Callable], Callable]:
    """Adds a row whose kernel is the decorated function of arrays; see the module's text.

    The kernel's docstring is the operator's documentation. Settings are those of :class:`Op`.
    """

    def add(kernel: Callable) -> Callable:
        register(Op(signature, kernel, doc=kernel.__doc__ or "", **settings))
        return kernel

    return add


def composite(
    where: str = "function method", *, name: str = "", aliases: tuple[str, ...] = ()
) -> Callable[[Callable], Callable]:
    """Publishes a function of tensors under the places named (function, method, nn, linalg…)."""

    def add(function: Callable) -> Callable:
        called = key = name or function.__name__
        if key in COMPOSITES:  # a function and a method may differ, as torch.where does
            if set(where.split()) & set(COMPOSITES[key].where):
                raise ValueError(f"two composites named {key}")
            key = f"{key} ({where})"
        COMPOSITES[key] = Composite(called, function, where, aliases)
        return function

    return add
