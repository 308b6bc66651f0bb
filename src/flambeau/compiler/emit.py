"""C for a program: a function for each loop, and one that runs them in order.

The memory of a program is a table of addresses ``m``: ``m[0]`` the temporary memory, ``m[1]`` the
numbers that change from call to call, ``m[2]`` and ``m[3]`` the random generator's state and its
waiting normal number, then one entry per buffer from outside.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .expressions import COMPARISONS, Expr, nodes_of, weight
from .graph import STALE, Batched, Graph, Host, Loop, Native, Node, Numbers, Statement, dtype_name
from .memory import Shape, View
from .passes import Plan

SERIAL = 40_000  # cost below which a loop runs on one thread in any case
NANOSECOND = 10  # cost of what one thread does in that time, roughly
PIECE_COST = 15_000  # a task's, at least
LANES = 16  # partial sums of a reduction
CHUNK = 2048  # elements that are summed before the sum goes to double precision
TILE = 8192  # elements of one task of an update, at most
TASKS = 16  # of a small update

_BINARY = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "logical_and": "&",
           "logical_or": "|", "bitwise_and": "&", "bitwise_or": "|", "bitwise_xor": "^",
           **COMPARISONS}  # fmt: skip
# Functions by name: C's for float and for double.
_C_FUNCTIONS = {
    **{n: (f"fl_{n}f", f"fl_{n}") for n in
       ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "tanh", "sigmoid", "erf")},
    "power": ("fl_powf", "fl_pow"),
    **{n: (f"__builtin_{n}f", f"__builtin_{n}") for n in
       ("sin", "cos", "sqrt", "floor", "ceil", "trunc", "rint", "copysign", "nextafter", "tan",
        "asin", "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "atan2", "hypot",
        "erfc", "fmod", "lgamma", "fmax", "fmin")},
}  # fmt: skip


class Emitter:
    """Writes one program."""

    def __init__(
        self, graph: Graph, plan: Plan, slots: dict[int, int],
        checks: Sequence[tuple[View, View]] = (), timed: bool = False,
    ):  # fmt: skip
        self.graph, self.plan, self.slots, self.timed = graph, plan, slots, timed
        self.checks = checks
        self.functions: list[Function | str] = []
        self.known: dict[tuple, Function] = {}
        self.pointers: dict[tuple[str, int, int], str] = {}  # of the function that is written
        self.main: list[str | Callable[[], str]] = []
        self.segments: list[list[str | Callable[[], str]]] = [self.main]
        self.count = 0
        self.number = 0  # of the node that is written

    def text(self) -> str:
        """The whole file."""
        self.main += self._checks()
        for i, node in enumerate(self.graph.nodes):
            if isinstance(node, Host):
                self.main = []
                self.segments.append(self.main)
                continue
            self.number = i
            self.main.append(f"    /* {i}: {node.name} {node.line} */")
            if self.timed:
                self.main.append("    started = now();")
            if isinstance(node, Loop):
                self._loop(node)
            elif isinstance(node, Batched):
                self._batched(node)
            elif isinstance(node, Native):
                self._native(node)
            elif isinstance(node, Numbers):
                self._numbers(node)
            if self.timed:
                self.main.append(f"    fl_spent[{i}] += now() - started;")
        parts = [program_head, *map(str, self.functions)]
        if self.timed:
            parts.insert(1, _CLOCK.replace("COUNT", str(len(self.graph.nodes))))
        for number, lines in enumerate(self.segments):
            body = "\n".join([line if isinstance(line, str) else line() for line in lines])
            clock = "double started;" if self.timed else ""
            parts.append(
                f"FL_API int64_t fl_run_{number}(char **m)\n{{\n    int64_t error = 0;\n"
                f"    {clock}(void)m;\n{body}\n    return error;\n}}\n"
            )
        return "\n".join(parts)

    # ------------------------------------------------------------------ memory

    def base(self, view: View) -> str:
        """The address of a view's buffer, as a pointer to its element type."""
        kind = dtype_name(view.dtype)
        slot, offset = self._start(view)
        return f"(({kind} *)(m[{slot}] + {offset}))" if offset else f"(({kind} *)m[{slot}])"

    def pointer(self, view: View) -> str:
        """The same as a variable of the function that is written."""
        place = dtype_name(view.dtype), *self._start(view)
        return self.pointers.setdefault(place, f"p{len(self.pointers)}")

    def _start(self, view: View) -> tuple[int, int]:
        """A view's buffer: its entry in the table of addresses, and bytes from there."""
        offset = self.plan.offsets.get(view.buffer.number)
        return (0, offset) if offset is not None else (self.slots[view.buffer.number], 0)

    def address(self, view: View) -> str:
        at = f" + {view.offset}" if view.offset else ""
        return f"{self.base(view)}{at}"

    # ------------------------------------------------------------------ calls

    def _native(self, node: Native) -> None:
        values = node.args
        if node.epilogue is not None:
            use = self._used(EpilogueWriter(self, node.epilogue))
            values = values[:-2]
        args = ", ".join(self._argument(a) for a in values)
        if node.function in CHECKED:
            call = f"{node.function}({args})"
            self.main.append(f"    if ((error = {call})) return {self._told()};")
        elif node.epilogue is not None:
            head = f"    {node.function}({args}"
            self.main.append(lambda: f"{head}, {use.name}, {use.context});")
        else:
            self.main.append(f"    {node.function}({args});")

    def _told(self) -> str:
        """What the program gives where a function refuses: a code below 0, or the node's number."""
        return f"error < 0 ? error : {self.number + 1}"

    def _argument(self, value: Any) -> str:
        if value is None:
            return "NULL"
        if isinstance(value, View):
            return self.address(value)
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, float):
            return literal(value, np.dtype(np.float64))
        return str(int(value))

    def _numbers(self, node: Numbers) -> None:
        """Each step through memory, so that each is rounded."""
        counts = enumerate(node.counts, node.first)
        lines = [f"num[{place}] = *({self.address(view)});" for place, view in counts]
        lines += [f"num[{place}] = {text};" for place, text in node.steps]
        body = "".join(f"        {line}\n" for line in lines)
        self.main.append(f"    {{\n        volatile double *num = (double *)m[1];\n{body}    }}")

    def _checks(self) -> list[str]:
        """Counts that are no longer equal end the program before it has done anything."""
        return [
            f"    if (*({self.address(a)}) != *({self.address(b)})) return {STALE};"
            for a, b in self.checks
        ]

    def _call_loop(self, use: Use | Own, count: int, cost: int) -> None:
        """Runs a loop's function, on all threads where that pays."""
        alone = lambda: f"{use.name}({use.context}, 0, {count});"  # noqa: E731
        if cost <= SERIAL or count <= 1:
            self.main.append(lambda: f"    {alone()}")
            return
        grain = max(1, min(-(-count // 2), -(-count * PIECE_COST // max(cost, 1))))
        self.main.append(
            lambda: f"    if (fl_threads_for({cost // NANOSECOND}) > 1)\n"
            f"        fl_for({count}, {grain}, {use.name}, {use.context});\n"
            f"    else\n        {alone()}"
        )

    def _used(self, writer: LoopWriter) -> Use:
        """A loop's function: one of the same body serves loops in other places too."""
        self.pointers = {}
        lines = writer.lines()
        places = list(self.pointers)
        kinds = tuple([kind for kind, _, _ in places])
        key = writer.parameters, kinds, *lines
        function = self.known.get(key)
        if function is None:
            function = Function(f"k{self.count}", writer.parameters, kinds, lines)
            self.count += 1
            self.known[key] = function
            self.functions.append(function)
        function.loops.append(f"{writer.loop.name}  {writer.loop.line}")
        function.places.append([(slot, offset) for _, slot, offset in places])
        return Use(function, len(function.places) - 1)

    # ------------------------------------------------------------------ updates

    def _batched(self, node: Batched) -> None:
        """A table of addresses, and a loop over its pieces."""
        name = f"k{self.count}"
        self.count += 1
        kind = dtype_name(node.dtype)
        columns = len(node.rows[0])
        places: list[str] = []
        pieces: list[tuple[int, int, int]] = []
        tile = min(TILE, max(512, -(-node.size // (64 * TASKS)) * 64))
        for r, row in enumerate(node.rows):
            places.append("{" + ", ".join(f"{{{s}, {o}}}" for s, o in map(self._place, row)) + "}")
            size = row[0].size
            pieces.extend((r, at, min(size, at + tile)) for at in range(0, size, tile))
        table = ",\n    ".join(places)
        tasks = ",".join(f"{{{r},{a},{e}}}" for r, a, e in pieces)
        lines = [
            f"static const int64_t {name}_place[][{columns}][2] = {{\n    {table}}};",
            f"static const int32_t {name}_piece[][3] = {{{tasks}}};",
            f"/* {node.name} */",
            f"FL_PART void {name}(void *context, int64_t begin, int64_t end)",
            "{",
            "    char **m = context;",
            "    const double *num = (const double *)m[1];",
            "    (void)num;",
        ]
        body = Body(self, set())
        for i in range(columns):
            body.columns[i] = f"p{i}[i]"
        for _, e in node.body:
            body.hoist_numbers(e)
        lines += ["    " + t for t in body.before]
        lines += [
            "    for (int64_t task = begin; task < end; task++) {",
            f"        const int64_t row = {name}_piece[task][0];",
        ]
        for i in range(columns):
            place = f"{name}_place[row][{i}]"
            lines.append(f"        {kind} *p{i} = ({kind} *)(m[{place}[0]] + {place}[1]);")
        lines += [
            "        FL_IVDEP",
            f"        for (int64_t i = {name}_piece[task][1]; i < {name}_piece[task][2]; i++) {{",
        ]
        values = [(i, body.value(e)) for i, e in node.body]
        lines += ["            " + t for t in body.lines]
        lines += [f"            p{i}[i] = {v};" for i, v in values]
        lines += ["        }", "    }", "}", ""]
        self.functions.append("\n".join(lines))
        each = sum(weight(e) for _, e in node.body) + columns
        self._call_loop(Own(name), len(pieces), node.size * each // 4)

    def _place(self, view: View) -> tuple[int, int]:
        """A view's entry in the table of addresses, and its distance from there in bytes."""
        slot, offset = self._start(view)
        return slot, offset + view.offset * view.dtype.itemsize

    # ------------------------------------------------------------------ loops

    def _loop(self, node: Loop) -> None:
        if not node.size:
            for s in node.statements:
                if s.reduce and s.target.size:
                    raise AssertionError("a reduction of nothing")
            return
        writer = LoopWriter(self, node)
        self._call_loop(self._used(writer), writer.count, node.cost)


class Function:
    """A loop's function in C, and the places that it is used in.

    Used once, it knows its places; used more often, it gets them in a table: the layers of a deep
    network are compiled once.
    """

    def __init__(self, name: str, parameters: str, kinds: tuple[str, ...], lines: list[str]):
        self.name, self.parameters, self.kinds, self.lines = name, parameters, kinds, lines
        self.loops: list[str] = []  # operators and user's lines
        self.places: list[list[tuple[int, int]]] = []  # of each use, where its pointers point

    def __str__(self) -> str:
        several = len(self.places) > 1
        lines = [f"/* {loop} */" for loop in dict.fromkeys(self.loops)]
        if several:
            uses = ",\n    ".join(
                "{" + ", ".join(f"{{{s}, {o}}}" for s, o in places) + "}" for places in self.places
            )
            table = f"{self.name}_at[][{len(self.kinds)}][2] = {{\n    {uses}}};"
            lines.append(f"static const int64_t {table}")
        lines += [f"FL_PART void {self.name}(void *context, {self.parameters})", "{"]
        if several:
            lines.append("    const fl_use *use = context;")
            lines.append("    char **m = use->m;")
        else:
            lines.append("    char **m = context;")
        lines += ["    const double *num = (const double *)m[1];", "    (void)num;"]
        for i, kind in enumerate(self.kinds):
            slot, offset = self.places[0][i]
            place = f"m[{slot}] + {offset}"
            if several:
                place = f"m[use->at[{i}][0]] + use->at[{i}][1]"
            lines.append(f"    {kind} *p{i} = ({kind} *)({place});")
        return "\n".join([*lines, *self.lines, "}", ""])


class Own(NamedTuple):
    """A function that is used in one place and knows it: its name, and what it is given."""

    name: str
    context: str = "m"


class Use(NamedTuple):
    """A use of a function: its name, and what it is given."""

    function: Function
    number: int

    @property
    def name(self) -> str:
        return self.function.name

    @property
    def context(self) -> str:
        if len(self.function.places) < 2:
            return "m"
        return f"&(fl_use){{m, {self.name}_at[{self.number}]}}"


def literal(value: Any, dtype: np.dtype) -> str:
    """A number in C, exactly."""
    if dtype.kind == "b":
        return "1" if value else "0"
    if dtype.kind in "iu":
        number = int(value)
        if number == -(2**63):
            return "(-9223372036854775807 - 1)"
        return f"INT64_C({number})" if abs(number) > 2**31 - 1 else str(number)
    single = dtype == np.float32
    suffix = "f" if single else ""
    x = float(np.float32(value)) if single else float(value)
    if math.isnan(x):
        return f'__builtin_nan{suffix}("")'
    if math.isinf(x):
        return f"{'-' if x < 0 else ''}__builtin_inf{suffix}()"
    if x == int(x) and abs(x) < 2**20 and (x or math.copysign(1, x) > 0):
        return f"{int(x)}.0{suffix}" if x >= 0 else f"({int(x)}.0{suffix})"
    text = x.hex() + suffix
    return f"({text})" if x < 0 or text[0] == "-" else text


class Body:
    """The lines of a loop's body, and those that may stand before the loops."""

    def __init__(self, emitter: Emitter | None, written: set[int]):
        self.emitter, self.written = emitter, written
        self.before: list[str] = []
        self.lines: list[str] = []
        self.levels: dict[int, list[str]] = {}
        self.names: dict[int, str] = {}
        self.columns: dict[int, str] = {}
        self.indices: tuple[str, ...] = ()
        self.counter = 0
        self.keep: list[Expr] = []  # ids stay valid while the expressions live

    def fresh(self) -> str:
        self.counter += 1
        return f"v{self.counter}"

    def hoist_numbers(self, x: Expr) -> None:
        """Numbers of the call are read once, before the loops."""
        for e in nodes_of(x):
            if e.op == "number" and id(e) not in self.names:
                name = self.fresh()
                text = e.value if isinstance(e.value, str) else f"num[{e.value}]"
                kind = dtype_name(e.dtype)
                self.before.append(f"const {kind} {name} = ({kind})({text});")
                self.names[id(e)] = name
                self.keep.append(e)

    def value(self, x: Expr) -> str:
        """The name of an expression's value; its lines are added where they are new."""
        known = self.names.get(id(x))
        if known is not None:
            return known
        if x.op == "const":
            return literal(x.value, x.dtype)
        text = self._text(x)
        name = self.fresh()
        kind = "int" if x.dtype.kind == "b" else dtype_name(x.dtype)
        self.lines.append(f"const {kind} {name} = {text};")
        self.names[id(x)] = name
        self.keep.append(x)
        return name

    def _text(self, x: Expr) -> str:
        if x.op == "load":
            return self.place(x.value)
        if x.op == "column":
            return self.columns[x.value]
        args = [self.value(a) for a in x.args]
        return operation(x, args)

    def place(self, view: View) -> str:
        """An element of a view at the loop's indices."""
        terms = [
            i if s == 1 else f"{i} * {s}"
            for i, s in zip(self.indices, view.strides, strict=True)
            if s
        ]
        if view.offset:
            terms.append(str(view.offset))
        assert self.emitter is not None
        return f"{self.emitter.pointer(view)}[{' + '.join(terms) or '0'}]"


def operation(x: Expr, args: list[str]) -> str:
    """C for a function of values."""
    op, dtype = x.op, x.dtype
    kind = dtype_name(dtype)
    inner = x.args[0].dtype
    if op in _BINARY:
        return f"{args[0]} {_BINARY[op]} {args[1]}"
    if op == "cast":
        if dtype.kind == "b":
            return f"{args[0]} != 0"
        if inner.kind == "f" and dtype.kind in "iu" and dtype.itemsize < 4:
            return f"({kind})(int32_t){args[0]}"  # C leaves open what a number out of range gives
        return f"({kind}){args[0]}"
    if op == "negative":
        return f"-{args[0]}"
    if op == "logical_not":
        return f"!{args[0]}"
    if op == "bitwise_not":
        return f"~{args[0]}"
    if op == "logical_xor":
        return f"({args[0]} != 0) != ({args[1]} != 0)"
    if op == "where":
        return f"{args[0]} ? {args[1]} : {args[2]}"
    if op in ("maximum", "minimum"):
        sign = ">" if op == "maximum" else "<"
        if dtype.kind == "f":  # NaN wins
            return (
                f"({args[0]} {sign} {args[1]} || {args[0]} != {args[0]}) ? {args[0]} : {args[1]}"
            )
        return f"{args[0]} {sign} {args[1]} ? {args[0]} : {args[1]}"
    if op == "abs":
        if dtype.kind == "f":
            return f"__builtin_fabs{'f' if dtype == np.float32 else ''}({args[0]})"
        return f"{args[0]} < 0 ? -{args[0]} : {args[0]}"
    if op == "sign":
        if dtype.kind == "f":
            one, zero = ("1.0f", "0.0f") if dtype == np.float32 else ("1.0", "0.0")
            return f"{args[0]} > {zero} ? {one} : ({args[0]} < {zero} ? -{one} : {zero})"
        return f"({args[0]} > 0) - ({args[0]} < 0)"
    if op.startswith("int_"):
        return _INTEGERS[op].format(*args)
    if op == "isnan":
        return f"{args[0]} != {args[0]}"
    if op in ("isinf", "isfinite"):
        single = inner == np.float32
        size = f"__builtin_fabs{'f' if single else ''}({args[0]})"
        infinity = f"__builtin_inf{'f' if single else ''}()"
        return f"{size} {'==' if op == 'isinf' else '<'} {infinity}"
    names = _C_FUNCTIONS[op]
    return f"{names[dtype != np.float32]}({', '.join(args)})"


# Divisions of integers: C's round towards zero.
_INTEGERS = {
    "int_divide": "{0} / {1}",
    "int_fmod": "{0} % {1}",
    "int_floor_divide": "{0} / {1} - (({0} % {1} != 0) & (({0} % {1} < 0) != ({1} < 0)))",
    "int_remainder": "{0} % {1} + (({0} % {1} != 0 && ({0} % {1} < 0) != ({1} < 0)) ? {1} : 0)",
}

# Functions that tell by their result that something is wrong; a code below 0 says what.
CHECKED = frozenset(
    ("fl_cross_entropy", "fl_nll_loss_f32", "fl_nll_loss_f64", "fl_take", "fl_put",
     "fl_index_offsets", "fl_combine_f32", "fl_combine_f64", "fl_combine_i64", "fl_refuse_zero")
)  # fmt: skip

program_head = """/* A program that flambeau generated. */
#include "fl.h"
#include "vmath.h"
#if defined(__clang__)
#define FL_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__) /* unrolled, a short loop is not made of vectors, but the loop around it */
#define FL_IVDEP _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#else
#define FL_IVDEP
#endif
#if defined(__GNUC__) && !defined(__clang__)
/* GCC 12 loses stores of loops without dependences where functions are folded or made special. */
#define FL_PART static __attribute__((noipa))
#else
#define FL_PART static __attribute__((noinline))
#endif
typedef struct {
    char **m;
    const int64_t (*at)[2]; /* of each pointer, an entry of m and bytes from there */
} fl_use;
"""

_CLOCK = """
#include <time.h>
FL_API double fl_spent[COUNT];
static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}
"""

from .loops import EpilogueWriter, LoopWriter  # noqa: E402  (loops.py uses Body)

__all__ = ["Emitter", "Node", "Shape", "Statement"]
