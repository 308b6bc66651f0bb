"""Optimizers' updates in eager mode: one C function per rule, for all parameters at once.

The rule is read once with symbols for its arrays and numbers (:mod:`.lower.updates`), as the
compiler does for a whole step; here the addresses come from a table at each call.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..backends.native import library
from .emit import TILE, Body, program_head
from .expressions import FLOAT32, FLOAT64, Expr, Untranslatable
from .graph import dtype_name
from .lower.updates import Cell, Number, Symbols, _looked_up, is_number

Array = np.ndarray


class _Numbers:
    """What the rule decided by its numbers."""

    def __init__(self) -> None:
        self.decisions: list[tuple[Any, bool]] = []


class EagerUpdate:
    """A rule as C, for one choice of state, of element type and of switches."""

    def __init__(self, kernel: Any, present: tuple[bool, ...], dtype: np.dtype, numbers: dict):
        noted = _Numbers()
        self.names = [n for n, v in numbers.items() if is_number(v)]
        symbols = {
            n: Number(f"num[{self.names.index(n)}]", v, _looked_up(n), noted)
            if is_number(v) else v
            for n, v in numbers.items()
        }  # fmt: skip
        self.fixed = {n: v for n, v in numbers.items() if n not in self.names}
        self.columns = sum(present)
        cells: list[Cell] = []
        arguments: list[Cell | None] = []
        for there in present:
            if there:
                cells.append(Cell(Expr("column", (), dtype, len(cells))))
            arguments.append(cells[-1] if there else None)
        kernel.rule(Symbols(dtype), *arguments, **symbols)
        self.decisions = noted.decisions
        body = [(i, cell.value) for i, cell in enumerate(cells) if cell.written]
        self.code = library.program(_text(body, self.columns, dtype), flags=EXACT)
        self.function = self.code.fl_update
        self.function.restype = None
        self.arrays: list[Array] = []
        self.rows: Any = None
        self.sizes: Any = None
        self.count = 0
        self.values = (ctypes.c_double * max(1, len(self.names)))()

    def fits(self, numbers: dict[str, Any]) -> bool:
        """Whether the rule would decide the same by today's numbers."""
        if self.fixed.keys() | set(self.names) != numbers.keys():
            return False
        for name, value in self.fixed.items():
            if numbers[name] is not value and numbers[name] != value:
                return False
        if not all(is_number(numbers[name]) for name in self.names):
            return False
        return all(compute(numbers) == outcome for compute, outcome in self.decisions)

    def run(self, columns: Sequence[Sequence[Array]], numbers: dict[str, Any]) -> None:
        """Updates contiguous arrays of equal sizes by row."""
        arrays = [a for row in zip(*columns, strict=True) for a in row]
        known = self.arrays
        if len(arrays) != len(known) or not all(map(_is, arrays, known)):
            self.arrays = arrays
            self.rows = (ctypes.c_void_p * len(arrays))(*map(library.address, arrays))
            sizes = [a.size for a in columns[0]]
            self.sizes = (ctypes.c_int64 * len(sizes))(*sizes)
            self.count = len(sizes)
        self.values[:] = [numbers[name] for name in self.names] or [0.0]
        self.function(self.rows, self.sizes, ctypes.c_int64(self.count), self.values)


def _is(a: Array, b: Array) -> bool:
    return a is b


# Eager mode rounds every step, as NumPy and PyTorch's eager kernels do.
EXACT = ("-ffp-contract=off",)


def _text(body: list[tuple[int, Expr]], columns: int, dtype: np.dtype) -> str:
    kind = dtype_name(dtype)
    writer = Body(None, set())
    for i in range(columns):
        writer.columns[i] = f"p{i}[i]"
    for _, e in body:
        writer.hoist_numbers(e)
    values = [(i, writer.value(e)) for i, e in body]
    pointers = "\n".join(
        f"        {kind} *p{i} = ({kind} *)u->rows[row * {columns} + {i}];" for i in range(columns)
    )
    before = "\n".join(f"    {line}" for line in writer.before)
    lines = "\n".join(f"            {line}" for line in writer.lines)
    stores = "\n".join(f"            p{i}[i] = {v};" for i, v in values)
    return f"""{program_head}
typedef struct {{
    char **rows;
    const int64_t *sizes, *starts;
    int64_t count;
    const double *num;
}} update;

/* Tasks are pieces of {TILE} elements; starts[row] is the number of a row's first one. */
FL_PART void pieces(void *context, int64_t begin, int64_t end)
{{
    const update *u = context;
    const double *num = u->num;
    (void)num;
{before}
    int64_t row = 0;
    for (int64_t task = begin; task < end; task++) {{
        while (row + 1 < u->count && u->starts[row + 1] <= task) row++;
        const int64_t first = (task - u->starts[row]) * {TILE};
        const int64_t rest = u->sizes[row] - first;
        const int64_t last = first + (rest < {TILE} ? rest : {TILE});
{pointers}
        FL_IVDEP
        for (int64_t i = first; i < last; i++) {{
{lines}
{stores}
        }}
    }}
}}

FL_API void fl_update(char **rows, const int64_t *sizes, int64_t count, const double *num)
{{
    int64_t *starts = fl_scratch(FL_PROGRAM_B, count * sizeof(int64_t));
    int64_t tasks = 0, elements = 0;
    for (int64_t i = 0; i < count; i++) {{
        starts[i] = tasks;
        tasks += (sizes[i] + {TILE - 1}) / {TILE};
        elements += sizes[i];
    }}
    update u = {{rows, sizes, starts, count, num}};
    fl_for(tasks, elements < {4 * TILE} ? tasks : 2, pieces, &u);
}}
"""


_made: dict[tuple, list[EagerUpdate]] = {}


def find(kernel: Any, columns: Sequence[Any], numbers: dict[str, Any]) -> EagerUpdate | None:
    """The C function of an update; None where there is no compiler or the rule needs NumPy."""
    dtype = columns[0][0].dtype
    if dtype not in (FLOAT32, FLOAT64):
        return None
    present = tuple([c is not None for c in columns])
    key = (id(kernel), present, dtype.char)
    for made in _made.setdefault(key, []):
        if made.fits(numbers):
            return made
    if library.runtime() is None or len(_made[key]) > 8:
        return None
    try:
        made = EagerUpdate(kernel, present, dtype, numbers)
    except Untranslatable:
        return None
    _made[key].append(made)
    return made
