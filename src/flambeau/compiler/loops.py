"""How a loop is written: the order of its dimensions, what is summed where, what runs in parallel.

Three forms. Without reductions, the outer dimensions are one index that threads share and the last
is the inner loop. Where the inner loop is summed over ("rows"), each task owns results and adds up
in lanes. Where the inner loop walks along the results ("columns"), sums stand in an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from .expressions import Expr, loads, nodes_of, replaced
from .graph import MAX, MIN, PROD, SUM, Loop, Statement, dtype_name
from .memory import Shape, View

if TYPE_CHECKING:
    from .emit import Emitter

INNER = "j"
PIECE = 512  # elements whose values are kept before they are added up


class LoopWriter:
    """Writes the function of one loop."""

    parameters = "int64_t begin, int64_t end"

    def __init__(self, emitter: Emitter, loop: Loop):
        self.emitter, self.loop = emitter, loop
        reduces = [s for s in loop.statements if s.reduce]
        axes = reduces[0].axes if reduces else ()
        order, self.form = _order(loop, axes)
        self.shape, self.statements, kinds = _collapsed(loop, order, axes)
        n = len(self.shape)
        if self.form == "plain":
            self.outer, self.middle, self.inner = list(range(n - 1)), [], n - 1
        elif self.form == "rows":
            self.outer = [i for i in range(n) if kinds[i] == "kept"]
            self.middle = [i for i in range(n) if kinds[i] != "kept"][:-1]
            self.inner = n - 1
        else:
            self.outer = [i for i in range(n - 1) if kinds[i] == "kept"]
            self.middle = [i for i in range(n) if kinds[i] != "kept"]
            self.inner = n - 1
        self.flat = self.form == "plain" and n == 1
        self.count = self.shape[0] if self.flat else _product(self.shape[i] for i in self.outer)

    # ------------------------------------------------------------------ the function

    def lines(self) -> list[str]:
        """The function's body, after its pointers."""
        from .emit import Body

        written = {s.target.buffer.number for s in self.statements}
        self.body = Body(self.emitter, written)
        self.body.indices = tuple(
            INNER if i == self.inner else f"i{i}" for i in range(len(self.shape))
        )
        for s in self.statements:
            self.body.hoist_numbers(s.value)
        fixed = self._hoisted()
        return _indented([*self.body.before, *fixed, *getattr(self, f"_{self.form}")()], 1)

    def _hoisted(self) -> list[str]:
        """Loads of single numbers stand before the loops."""
        body = self.body
        for s in self.statements:
            for x in _load_nodes(s.value):
                if id(x) in body.names or any(x.value.strides):
                    continue
                if x.value.buffer.number not in body.written:
                    body.value(x)
        lines, body.lines = body.lines, []
        return lines

    def _outer(self, inside: list[str]) -> list[str]:
        """The loop over tasks, with the indices of the outer dimensions."""
        head = ["for (int64_t task = begin; task < end; task++) {"]
        rest = "task"
        for i in reversed(self.outer):
            last = i == self.outer[0]
            head.append(
                f"    const int64_t i{i} = {rest if last else f'{rest} % {self.shape[i]}'};"
            )
            if not last:
                head.append(f"    const int64_t r{i} = {rest} / {self.shape[i]};")
                rest = f"r{i}"
        head += [f"    (void)i{i};" for i in self.outer]
        return [*head, *_indented(inside, 1), "}"]

    def _middle(self, inside: list[str]) -> list[str]:
        for i in reversed(self.middle):
            inside = [
                f"for (int64_t i{i} = 0; i{i} < {self.shape[i]}; i{i}++) {{",
                *_indented(inside, 1),
                "}",
            ]
        return inside

    def _invariant(self) -> list[str]:
        """Loads that do not move in the inner loop, before it."""
        body = self.body
        for s in self.statements:
            for x in _load_nodes(s.value):
                if id(x) in body.names or x.value.strides[self.inner]:
                    continue
                if x.value.buffer.number not in body.written:
                    body.value(x)
        lines, body.lines = body.lines, []
        return lines

    def _stores(self) -> list[str]:
        """The lines of the inner loop's body, where there are no sums."""
        return self._lines([], _no_sum)

    def _lines(self, sums: list[Statement], take: Callable[[int, str], str]) -> list[str]:
        """The lines of the inner loop's body, in the statements' order: what a sum reads may be
        written later.

        ``take`` gives the line that takes a sum's value, by its number, for those in ``sums``.
        """
        body, lines = self.body, []
        numbers = {id(s): k for k, s in enumerate(s for s in self.statements if s.reduce)}
        wanted = {id(s) for s in sums}
        for s in self.statements:
            if s.reduce and id(s) not in wanted:
                continue
            value = body.value(s.value)
            lines += body.lines
            body.lines = []
            lines.append(
                take(numbers[id(s)], value) if s.reduce else f"{body.place(s.target)} = {value};"
            )
        return lines

    # ------------------------------------------------------------------ the three forms

    def _plain(self) -> list[str]:
        if self.flat:
            inner = self._stores()
            return ["FL_IVDEP", f"for (int64_t {INNER} = begin; {INNER} < end; {INNER}++) {{",
                    *_indented(inner, 1), "}"]  # fmt: skip
        before = self._invariant()
        inner = self._stores()
        n = self.shape[self.inner]
        loop = ["FL_IVDEP", f"for (int64_t {INNER} = 0; {INNER} < {n}; {INNER}++) {{",
                *_indented(inner, 1), "}"]  # fmt: skip
        return self._outer([*before, *loop])

    def _rows(self) -> list[str]:
        from .emit import CHUNK, LANES

        n = self.shape[self.inner]
        sums = [s for s in self.statements if s.reduce]
        if n >= 2 * LANES and all(_fold(s) for s in sums):
            return self._folded(sums, n)
        lanes = LANES if n >= 2 * LANES else 1
        before = self._invariant()
        saved = dict(self.body.names)
        main = self._with_sums(sums, "[l]" if lanes > 1 else "[0]", lanes)
        inside: list[str] = []
        if lanes == 1:
            inside += [f"for (int64_t {INNER} = 0; {INNER} < {n}; {INNER}++) {{",
                       *_indented(main, 1), "}"]  # fmt: skip
        else:
            whole = n - n % lanes
            inside += [
                f"for (int64_t block = 0; block < {whole}; block += {lanes}) {{",
                *_indented(self._relief(sums, n, lanes), 1),
                "    FL_IVDEP",
                f"    for (int64_t l = 0; l < {lanes}; l++) {{",
                f"        const int64_t {INNER} = block + l;",
                *_indented(main, 2),
                "    }",
                "}",
            ]
            if whole < n:
                self.body.names = saved
                tail = self._with_sums(sums, "[0]", lanes)
                inside += [f"for (int64_t {INNER} = {whole}; {INNER} < {n}; {INNER}++) {{",
                           *_indented(tail, 1), "}"]  # fmt: skip
        self.body.names = saved
        start, flush, finish = [], [], []
        for k, s in enumerate(sums):
            kind = _accumulator(s)
            wide = "double" if kind == "float" else kind
            first = _identity(s)
            start.append(f"{wide} total{k} = {first};")
            start.append(f"{kind} sum{k}[{lanes}];")
            clear = f"for (int64_t l = 0; l < {lanes}; l++) sum{k}[l] = {first};"
            start.append(clear)
            add = _combine(s, f"total{k}", f"sum{k}[l]")
            flush.append(f"for (int64_t l = 0; l < {lanes}; l++) {{ {add} sum{k}[l] = {first}; }}")
            scale = f" * {s.scale!r}" if s.scale != 1.0 else ""
            target = dtype_name(s.target.dtype)
            place = self.body.place(s.target)
            finish.append(f"{place} = ({target})(total{k}{scale});")
        inside = [*before, *inside]
        many = n * _product(self.shape[i] for i in self.middle) > CHUNK * lanes
        body = self._middle([*inside, *(flush if many and self.middle else [])])
        if not (many and self.middle):
            body = [*body, *flush]
        return self._outer([*start, *body, *finish])

    def _folded(self, sums: list[Statement], n: int) -> list[str]:
        """Sums of floats: the values of a piece come into an array, which the runtime adds up.

        A value that lies contiguous in memory is added up where it is.
        """
        before = self._invariant()
        start, finish, fold = [], [], []
        values = [s for s in sums if not self._lies(s)]
        lines = self._lines(values, lambda k, value: f"part{k}[l] = {value};")
        for k, s in enumerate(sums):
            kind = dtype_name(s.target.dtype)
            wide = "double" if s.reduce == SUM else kind
            start.append(f"{wide} total{k} = {_identity(s)};")
            if s in values:
                piece = f"{_fold(s)}(part{k}, width)"
                fold.append(_combine(s, f"total{k}", piece))
            scale = f" * {s.scale!r}" if s.scale != 1.0 else ""
            finish.append(f"{self.body.place(s.target)} = ({kind})(total{k}{scale});")
        inside = [*before]
        for k, s in enumerate(sums):
            if s not in values:
                first = self._first_of(s.value.value)
                inside.append(_combine(s, f"total{k}", f"{_fold(s)}(&{first}, {n})"))
        if lines:
            arrays = [
                f"{dtype_name(s.target.dtype)} part{k}[{PIECE}];"
                for k, s in enumerate(sums) if s in values
            ]  # fmt: skip
            inside += [
                *arrays,
                f"for (int64_t base = 0; base < {n}; base += {PIECE}) {{",
                f"    const int64_t width = {n} - base < {PIECE} ? {n} - base : {PIECE};",
                "    FL_IVDEP",
                "    for (int64_t l = 0; l < width; l++) {",
                f"        const int64_t {INNER} = base + l;",
                *_indented(lines, 2),
                "    }",
                *_indented(fold, 1),
                "}",
            ]
        return self._outer([*start, *self._middle(inside), *finish])

    def _first_of(self, view: View) -> str:
        """An element of a view at the beginning of the inner loop."""
        body, indices = self.body, self.body.indices
        body.indices = tuple(["0" if i == INNER else i for i in indices])
        text = body.place(view)
        body.indices = indices
        return text

    def _lies(self, s: Statement) -> bool:
        """Whether what a statement adds up is contiguous in memory, in the sum's type."""
        x = s.value
        return (
            x.op == "load"
            and x.value.strides[self.inner] == 1
            and x.value.buffer.number not in self.body.written
            and x.dtype == s.target.dtype
        )

    def _relief(self, sums: list[Statement], n: int, lanes: int) -> list[str]:
        """In long loops the lanes are emptied into the total now and then."""
        from .emit import CHUNK

        if n <= 2 * CHUNK * lanes:
            return []
        lines = [f"if (block && block % {CHUNK * lanes} == 0) {{"]
        for k, s in enumerate(sums):
            add = _combine(s, f"total{k}", f"sum{k}[l]")
            lines.append(
                f"    for (int64_t l = 0; l < {lanes}; l++) {{ {add} sum{k}[l] = {_identity(s)}; }}"
            )
        return [*lines, "}"]

    def _with_sums(self, sums: list[Statement], at: str, lanes: int) -> list[str]:
        return self._lines(sums, lambda k, value: _combine(sums[k], f"sum{k}{at}", value))

    def _columns(self) -> list[str]:
        n = self.shape[self.inner]
        sums = [s for s in self.statements if s.reduce]
        before = self._invariant()
        lines = self._lines(sums, lambda k, value: _combine(sums[k], f"sum{k}[{INNER}]", value))
        start, finish = [], []
        for k, s in enumerate(sums):
            kind = _accumulator(s)
            if n * 8 <= 8192:
                start.append(f"{kind} sum{k}[{n}];")
            else:
                size = f"{n} * sizeof({kind})"
                at = sum(_bytes(t) * n for t in sums[:k])
                start.append(
                    f"{kind} *sum{k} = ({kind} *)((char *)fl_scratch(FL_PROGRAM_A, "
                    f"{sum(_bytes(t) * n for t in sums)}) + {at}); /* {size} */"
                )
            start.append(f"for (int64_t l = 0; l < {n}; l++) sum{k}[l] = {_identity(s)};")
            scale = f" * {s.scale!r}" if s.scale != 1.0 else ""
            kind = dtype_name(s.target.dtype)
            finish += [
                f"for (int64_t {INNER} = 0; {INNER} < {n}; {INNER}++)",
                f"    {self.body.place(s.target)} = ({kind})(sum{k}[{INNER}]{scale});",
            ]
        loop = ["FL_IVDEP", f"for (int64_t {INNER} = 0; {INNER} < {n}; {INNER}++) {{",
                *_indented(lines, 1), "}"]  # fmt: skip
        return self._outer([*start, *self._middle([*before, *loop]), *finish])


def _no_sum(number: int, value: str) -> str:
    raise AssertionError("a sum where there is none")


class EpilogueWriter(LoopWriter):
    """Writes a loop as a function of a block: of rows and columns, or of images and channels."""

    parameters = "int64_t row0, int64_t row1, int64_t col0, int64_t col1"

    def __init__(self, emitter: Emitter, loop: Loop):
        self.emitter, self.loop = emitter, loop
        self.form, self.flat = "block", False
        self.shape, self.statements = loop.shape, loop.statements
        self.inner = len(loop.shape) - 1
        self.outer, self.middle, self.count = [], [], 0

    def _block(self) -> list[str]:
        first = self._invariant_at(0)
        columns = [] if self.inner == 1 else self._invariant()
        body = self._stores()
        if self.inner == 1:
            low, high = "col0", "col1"
        else:
            low, high = "0", str(self.shape[2])
        loop = ["FL_IVDEP", f"for (int64_t {INNER} = {low}; {INNER} < {high}; {INNER}++) {{",
                *_indented(body, 1), "}"]  # fmt: skip
        if self.inner == 2:
            loop = ["for (int64_t i1 = col0; i1 < col1; i1++) {",
                    *_indented([*columns, *loop], 1), "}"]  # fmt: skip
        return ["for (int64_t i0 = row0; i0 < row1; i0++) {", *_indented([*first, *loop], 1), "}"]

    def _invariant_at(self, level: int) -> list[str]:
        """Loads that move along the first dimension alone."""
        body = self.body
        for s in self.statements:
            for x in _load_nodes(s.value):
                if id(x) in body.names or any(x.value.strides[level + 1 :]):
                    continue
                if x.value.buffer.number not in body.written:
                    body.value(x)
        lines, body.lines = body.lines, []
        return lines


# ---------------------------------------------------------------------- sums


def _accumulator(s: Statement) -> str:
    return dtype_name(s.target.dtype)


def _bytes(s: Statement) -> int:
    return s.target.dtype.itemsize


def _identity(s: Statement) -> str:
    if s.reduce == SUM:
        return "0"
    if s.reduce == PROD:
        return "1"
    dtype = s.target.dtype
    low = s.reduce == MAX
    if dtype.kind == "f":
        return "-__builtin_inff()" if low else "__builtin_inff()"
    if dtype.kind == "b":
        return "0" if low else "1"
    limits = np.iinfo(dtype)
    if low:
        return "(-9223372036854775807 - 1)" if dtype.itemsize == 8 else str(limits.min)
    return f"INT64_C({limits.max})"


def _fold(s: Statement) -> str:
    """The runtime's function that reduces a piece, where there is one."""
    kinds = {"float32": "f32", "float64": "f64"}
    if s.reduce == PROD or s.target.dtype.name not in kinds:
        return ""
    return f"fl_fold_{s.reduce}_{kinds[s.target.dtype.name]}"


def _combine(s: Statement, total: str, value: str) -> str:
    if s.reduce == SUM:
        return f"{total} += {value};"
    if s.reduce == PROD:
        return f"{total} *= {value};"
    sign = {MAX: ">", MIN: "<"}[s.reduce]
    if s.target.dtype.kind == "f":  # NaN wins
        return f"{total} = ({value} {sign} {total} || {value} != {value}) ? {value} : {total};"
    return f"{total} = {value} {sign} {total} ? {value} : {total};"


# ---------------------------------------------------------------------- the order of dimensions


def _views(loop: Loop) -> list[View]:
    return [*(s.target for s in loop.statements), *(v for s in loop.statements
                                                   for v in loads(s.value))]  # fmt: skip


def _order(loop: Loop, axes: Shape) -> tuple[list[int], str]:
    """The dimensions from the outermost to the innermost, and the loop's form."""
    n = len(loop.shape)
    real = [i for i in range(n) if loop.shape[i] != 1] or ([n - 1] if n else [])
    views = _views(loop)
    if not axes or not any(i in axes for i in real):
        target = loop.statements[0].target
        by = sorted(real, key=lambda i: -abs(target.strides[i]))
        return by, "plain" if not axes else "rows"
    kept = [i for i in real if i not in axes]
    summed = [i for i in real if i in axes]
    unit = {i: sum(v.strides[i] == 1 for v in views) for i in real}
    inner = max(real, key=lambda i: (unit[i], i))
    sources = [v for s in loop.statements for v in loads(s.value)] or views
    main = max(sources, key=lambda v: sum(1 for s in v.strides if s))
    by_stride = lambda dims: sorted(dims, key=lambda i: -abs(main.strides[i]))  # noqa: E731
    if inner in summed:
        rest = [i for i in by_stride(summed) if i != inner]
        return [*kept, *rest, inner], "rows"
    outer = [i for i in kept if i != inner]
    return [*outer, *by_stride(summed), inner], "columns"


def _collapsed(
    loop: Loop, order: list[int], axes: Shape
) -> tuple[Shape, list[Statement], list[str]]:
    """The loop over its dimensions in order, neighbours joined where all views allow it."""
    dims = [(loop.shape[i], "summed" if i in axes else "kept", i) for i in order]
    groups: list[list[tuple]] = []
    views = _views(loop)
    for size, kind, i in dims:
        if groups and groups[-1][-1][1] == kind:
            _, _, before = groups[-1][-1]
            if all(v.strides[before] == v.strides[i] * size for v in views):
                groups[-1].append((size, kind, i))
                continue
        groups.append([(size, kind, i)])
    if not groups:
        groups = [[]]
    shape = tuple(_product(d[0] for d in g) for g in groups)
    last = [g[-1][2] if g else None for g in groups]
    kinds = [g[-1][1] if g else "kept" for g in groups]

    def view(v: View) -> View:
        strides = tuple(v.strides[i] if i is not None else 0 for i in last)
        return View(v.buffer, v.dtype, v.offset, shape, strides)

    def change(x: Expr) -> Expr | None:
        return Expr("load", (), x.dtype, view(x.value)) if x.op == "load" else None

    seen: dict[int, Expr] = {}
    statements = [
        Statement(view(s.target), replaced(s.value, change, seen), s.reduce, s.axes, s.scale)
        for s in loop.statements
    ]
    return shape, statements, kinds


def _load_nodes(x: Expr) -> list[Expr]:
    return [e for e in nodes_of(x) if e.op == "load"]


def _product(numbers) -> int:
    out = 1
    for n in numbers:
        out *= n
    return out


def _indented(lines: list[str], depth: int) -> list[str]:
    return ["    " * depth + line if line else line for line in lines]
