"""How the update rule of an optimizer runs: its arithmetic, and the pieces it runs on.

An update rule (:mod:`.optim`) says what happens to one element of a parameter, of its gradient and
of its state. It is written in the terms of an arithmetic ``k``: in-place steps such as
``k.lerp_(exp_avg, grad, weight)``, each rounded where PyTorch rounds. The same rule then runs

- on NumPy arrays, in place and through reused scratch memory (:class:`Arrays`);
- on float16 and bfloat16 arrays, computed in float32 (:class:`HalfArrays`);
- on tensors, each step differentiable (:class:`Tensors`).

Arrays are cut into tiles. Large ones are processed a slice at a time, so that all of a rule's steps
find their operands in the processor's cache; small ones are joined into one tile, so that a step
costs one array operation for a whole network and not one for each of its parameters.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

TILE = 32768  # elements: six float32 arrays of this length stay in a level-2 cache, or nearly so
SMALL = 4096  # arrays of at most so many elements are joined with others

Array = np.ndarray


class Arrays:
    """The arithmetic of update rules on flat arrays of one length.

    A name with a trailing underscore writes into its first argument; the others return scratch
    memory, which is valid until the next tile. Numbers become arrays without dimensions once and
    are remembered: a ufunc takes those at half the cost of a Python number.
    """

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self._numbers: dict[float, Array] = {}
        self._buffers: list[Array] = []  # scratch memory of TILE elements each
        self._views: list[Array] = []  # the buffers, cut to the length of the tile at hand
        self._length = -1
        self._used = 0

    def begin(self, length: int) -> None:
        """Starts a tile: all scratch memory is free again."""
        self._used = 0
        if length != self._length:
            self._length = length
            self._views = [b[:length] for b in self._buffers]

    def _scratch(self) -> Array:
        i = self._used
        self._used = i + 1
        if i == len(self._views):
            if i == len(self._buffers):
                self._buffers.append(np.empty(TILE, self.dtype))
            self._views.append(self._buffers[i][: self._length])
        return self._views[i]

    def _number(self, x: float) -> Array:
        found = self._numbers.get(x)
        if found is None:
            if len(self._numbers) > 100:  # learning rates and bias corrections come and go
                self._numbers.clear()
            found = self._numbers[x] = np.array(x, self.dtype)
        return found

    def neg(self, x: Array) -> Array:
        return np.negative(x, self._scratch())

    def abs(self, x: Array) -> Array:
        return np.absolute(x, self._scratch())

    def sqrt(self, x: Array) -> Array:
        return np.sqrt(x, self._scratch())

    def reciprocal(self, x: Array) -> Array:
        return np.divide(self._number(1.0), x, self._scratch())

    def add(self, x: Array, y: Array | float, alpha: float = 1) -> Array:
        """x + alpha y"""
        if not isinstance(y, Array):
            return np.add(x, self._number(y), self._scratch())
        out = np.multiply(y, self._number(alpha), self._scratch())
        return np.add(x, out, out)

    def mul(self, x: Array, y: Array) -> Array:
        return np.multiply(x, y, self._scratch())

    def div(self, x: Array, number: float) -> Array:
        return np.divide(x, self._number(number), self._scratch())

    def addcmul(self, x: Array, a: Array, b: Array, value: float) -> Array:
        """x + value a b"""
        out = np.multiply(a, self._number(value), self._scratch())
        np.multiply(out, b, out)
        return np.add(x, out, out)

    def copy_(self, x: Array, y: Array) -> None:
        x[...] = y

    def add_(self, x: Array, y: Array | float, alpha: float = 1) -> None:
        """x += alpha y"""
        if not isinstance(y, Array):
            np.add(x, self._number(y), x)
            return
        if alpha != 1:
            y = np.multiply(y, self._number(alpha), self._scratch())
            self._used -= 1
        np.add(x, y, x)

    def mul_(self, x: Array, y: Array | float) -> None:
        np.multiply(x, y if isinstance(y, Array) else self._number(y), x)

    def div_(self, x: Array, y: Array | float) -> None:
        np.divide(x, y if isinstance(y, Array) else self._number(y), x)

    def sqrt_(self, x: Array) -> None:
        np.sqrt(x, x)

    def maximum_(self, x: Array, y: Array) -> None:
        np.maximum(x, y, out=x)

    def clamp_(self, x: Array, low: float, high: float) -> None:
        np.maximum(x, self._number(low), out=x)
        np.minimum(x, self._number(high), out=x)

    def lerp_(self, x: Array, end: Array, weight: float) -> None:
        """x += weight (end - x), from the nearer side, as PyTorch computes it."""
        t = self._scratch()
        self._used -= 1
        np.subtract(end, x, t)
        if weight < 0.5:
            np.multiply(t, self._number(weight), t)
            np.add(x, t, x)
        else:
            np.multiply(t, self._number(float(1 - self.dtype.type(weight))), t)
            np.subtract(end, t, x)

    def addcmul_(self, x: Array, a: Array, b: Array, value: float = 1) -> None:
        """x += value a b"""
        t = self._scratch()
        self._used -= 1
        if value != 1:
            a = np.multiply(a, self._number(value), t)
        np.multiply(a, b, t)
        np.add(x, t, x)

    def addcdiv_(self, x: Array, a: Array, b: Array, value: float = 1) -> None:
        """x += value a / b"""
        t = self._scratch()
        self._used -= 1
        if value != 1:
            a = np.multiply(a, self._number(value), t)
        np.divide(a, b, t)
        np.add(x, t, x)

    def by_sign(self, x: Array, negative: float, zero: float, positive: float) -> Array:
        """Chooses a number by the sign of each element; NaN counts as zero."""
        out = self._scratch()
        out.fill(zero)
        np.copyto(out, negative, where=np.less(x, 0))
        np.copyto(out, positive, where=np.greater(x, 0))
        return out

    def zero_where_negative(self, x: Array, condition: Array) -> Array:
        """x, but 0 wherever the condition is below 0."""
        out = self._scratch()
        out[...] = x
        np.copyto(out, 0, where=np.less(condition, 0))
        return out


def _rounded(step: Callable) -> Callable:
    """A step in place that computes in float32 and rounds its result once."""

    def run(self: HalfArrays, x: Array, *others: Any) -> None:
        wide = x.astype(np.float32)
        step(self.wide, wide, *[_widened(y) for y in others])
        x[...] = wide

    return run


def _rounded_result(step: Callable) -> Callable:
    """A step that computes in float32 and rounds its result once, into memory of its own."""

    def run(self: HalfArrays, *operands: Any) -> Array:
        result = step(self.wide, *[_widened(x) for x in operands]).astype(self.dtype)
        self.wide.begin(self.wide._length)
        return result

    return run


def _widened(x: Any) -> Any:
    return x.astype(np.float32) if isinstance(x, Array) else x


_add = _rounded_result(Arrays.add)
_add_in_place = _rounded(Arrays.add_)


class HalfArrays:
    """The arithmetic of update rules on float16 and bfloat16: every step rounds its result."""

    def __init__(self, dtype: np.dtype):
        self.dtype = dtype
        self.wide = Arrays(np.dtype(np.float32))

    def begin(self, length: int) -> None:
        """Starts a tile."""
        self.wide.begin(length)

    def add(self, x: Array, y: Array | float, alpha: float = 1) -> Array:
        """x + alpha y, with the number itself rounded to the half type, as in PyTorch."""
        if isinstance(y, Array):
            return _add(self, x, y, self._rounded_number(alpha))
        return _add(self, x, self._rounded_number(y))

    def add_(self, x: Array, y: Array | float, alpha: float = 1) -> None:
        """x += alpha y, with the number itself rounded to the half type, as in PyTorch."""
        if isinstance(y, Array):
            _add_in_place(self, x, y, self._rounded_number(alpha))
        else:
            _add_in_place(self, x, self._rounded_number(y))

    def _rounded_number(self, x: float) -> float:
        return float(self.dtype.type(x))

    neg = _rounded_result(Arrays.neg)
    abs = _rounded_result(Arrays.abs)
    sqrt = _rounded_result(Arrays.sqrt)
    reciprocal = _rounded_result(Arrays.reciprocal)
    mul = _rounded_result(Arrays.mul)
    div = _rounded_result(Arrays.div)
    addcmul = _rounded_result(Arrays.addcmul)
    by_sign = _rounded_result(Arrays.by_sign)
    zero_where_negative = _rounded_result(Arrays.zero_where_negative)
    copy_ = _rounded(Arrays.copy_)
    mul_ = _rounded(Arrays.mul_)
    div_ = _rounded(Arrays.div_)
    sqrt_ = _rounded(Arrays.sqrt_)
    maximum_ = _rounded(Arrays.maximum_)
    clamp_ = _rounded(Arrays.clamp_)
    lerp_ = _rounded(Arrays.lerp_)
    addcmul_ = _rounded(Arrays.addcmul_)
    addcdiv_ = _rounded(Arrays.addcdiv_)


class Tensors:
    """The arithmetic of update rules on tensors, for ``differentiable=True``.

    Steps in place are the tensors' own. What a derivative needs is cloned first, because the rule
    goes on writing into it.
    """

    @staticmethod
    def neg(x: Any) -> Any:
        return -x

    @staticmethod
    def abs(x: Any) -> Any:
        return x.clone().abs()

    @staticmethod
    def sqrt(x: Any) -> Any:
        return x.sqrt().clone()

    @staticmethod
    def reciprocal(x: Any) -> Any:
        return x.reciprocal().clone()

    @staticmethod
    def add(x: Any, y: Any, alpha: Any = 1) -> Any:
        return x.clone() + _cloned(y) * alpha

    @staticmethod
    def mul(x: Any, y: Any) -> Any:
        return x.clone() * _cloned(y)

    @staticmethod
    def div(x: Any, number: Any) -> Any:
        return x.clone() / number

    @staticmethod
    def addcmul(x: Any, a: Any, b: Any, value: Any) -> Any:
        return x + a.clone() * value * b.clone()

    @staticmethod
    def copy_(x: Any, y: Any) -> None:
        x.copy_(y.detach())  # state that starts as a copy is a constant, as in PyTorch

    @staticmethod
    def add_(x: Any, y: Any, alpha: Any = 1) -> None:
        x.add_(_cloned(y) * alpha)

    @staticmethod
    def mul_(x: Any, y: Any) -> None:
        x.copy_(x.clone() * _cloned(y))

    @staticmethod
    def div_(x: Any, y: Any) -> None:
        x.copy_(x.clone() / _cloned(y))

    @staticmethod
    def sqrt_(x: Any) -> None:
        x.copy_(x.clone().sqrt())

    @staticmethod
    def maximum_(x: Any, y: Any) -> None:
        x.copy_(x.clone().maximum(y.clone()))

    @staticmethod
    def clamp_(x: Any, low: Any, high: Any) -> None:
        x.copy_(x.clone().clamp(low, high))

    @staticmethod
    def lerp_(x: Any, end: Any, weight: Any) -> None:
        before = x.clone()
        x.copy_(before + (end.clone() - before) * weight)

    @staticmethod
    def addcmul_(x: Any, a: Any, b: Any, value: Any = 1) -> None:
        x.add_(a.clone() * value * b.clone())

    @staticmethod
    def addcdiv_(x: Any, a: Any, b: Any, value: Any = 1) -> None:
        x.add_(a.clone() * value / b.clone())

    @staticmethod
    def by_sign(x: Any, negative: float, zero: float, positive: float) -> Any:
        y = x.detach()
        return (y < 0) * negative + (y == 0) * zero + (y > 0) * positive

    @staticmethod
    def zero_where_negative(x: Any, condition: Any) -> Any:
        return x.masked_fill(condition.detach() < 0, 0)


def _cloned(y: Any) -> Any:
    return y.clone() if hasattr(y, "clone") else y


# ------------------------------------------------------------------------------------ the pieces


class _PerThread(threading.local):
    """Arithmetics, plans and their scratch memory: every thread has its own."""

    def __init__(self) -> None:
        self.arithmetics: dict[np.dtype, Any] = {}
        self.plans: dict[tuple, _Plan] = {}
        self.buffers: dict[tuple[np.dtype, int], Array] = {}

    def buffer(self, dtype: np.dtype, column: int) -> Array:
        """Memory for one column of a tile of joined arrays."""
        found = self.buffers.get((dtype, column))
        if found is None:
            found = self.buffers[dtype, column] = np.empty(TILE, dtype)
        return found


_per_thread = _PerThread()


def arithmetic(dtype: np.dtype) -> Any:
    """The arithmetic for arrays of a type; complex arrays are taken as pairs of real ones."""
    found = _per_thread.arithmetics.get(dtype)
    if found is None:
        make = Arrays if dtype.itemsize > 2 else HalfArrays
        found = _per_thread.arithmetics[dtype] = make(dtype)
    return found


Columns = Sequence[Any]  # parameters, gradients, then each kind of state (None: there is none)


class _Plan:
    """Which of a list of parameters are updated alone, and which are joined."""

    def __init__(self, params: Sequence[Array], columns: int):
        small: dict[np.dtype, list[int]] = {}
        self.alone: list[int] = []
        for i, param in enumerate(params):
            if param.size > SMALL or len(params) == 1:
                self.alone.append(i)
            elif param.size:
                small.setdefault(param.dtype, []).append(i)
        self.lots: list[_Lot] = []
        for dtype, members in small.items():
            most = TILE // 2 if dtype.kind == "c" else TILE  # pairs of real numbers
            lot: list[int] = []
            total = 0
            for i in members:
                if total + params[i].size > most:
                    self.lots.append(_Lot(lot, params, columns))
                    lot, total = [], 0
                lot.append(i)
                total += params[i].size
            self.lots.append(_Lot(lot, params, columns))


class _Lot:
    """Small parameters that make one tile.

    ``tile`` has the memory that their columns are copied to, ``parts`` for each column the pieces
    of that memory in the parameters' shapes.
    """

    def __init__(self, members: list[int], params: Sequence[Array], columns: int):
        self.members = None if len(members) == len(params) else members
        sizes = [params[i].size for i in members]
        ends = np.cumsum(sizes).tolist()
        dtype = params[members[0]].dtype
        flats = [_per_thread.buffer(dtype, column)[: ends[-1]] for column in range(columns)]
        self.tile = [_real(flat) for flat in flats]
        self.parts = [
            [
                flat[end - size : end].reshape(params[i].shape)
                for i, size, end in zip(members, sizes, ends, strict=True)
            ]
            for flat in flats
        ]


def run(rule: Callable, columns: Columns, numbers: dict[str, Any]) -> None:
    """Applies an update rule to parameters that share its numbers, in place.

    Args:
        rule: ``rule(k, param, grad, *state, **numbers)``
        columns: lists of arrays, one array for each parameter, all of the parameter's shape and
            type. All but the gradients are written. Parameters may be of different types, and none
            is there twice.
        numbers: coefficients and flags.
    """
    params = columns[0]
    plans = _per_thread.plans
    key = tuple([a.shape for a in params]), tuple([a.dtype.num for a in params]), len(columns)
    plan = plans.get(key)
    if plan is None:
        if len(plans) >= 16:
            plans.pop(next(iter(plans)))
        plan = plans[key] = _Plan(params, len(columns))
    for i in plan.alone:
        _run_alone(rule, _pick(columns, i), numbers)
    for lot in plan.lots:
        if lot.members is None:
            _run_joined(rule, columns, lot, numbers)
        else:
            chosen = [None if c is None else [c[i] for i in lot.members] for c in columns]
            _run_joined(rule, chosen, lot, numbers)


def _pick(columns: Columns, i: int) -> list[Any]:
    return [None if column is None else column[i] for column in columns]


def _run_joined(rule: Callable, columns: Columns, lot: _Lot, numbers: dict[str, Any]) -> None:
    """Copies small arrays into one tile, applies the rule, and copies all but gradients back."""
    tile = list(lot.tile)
    for place, column in enumerate(columns):
        if column is None:
            tile[place] = None  # type: ignore[call-overload]
            continue
        for part, array in zip(lot.parts[place], column, strict=True):
            part[...] = array
    k = arithmetic(tile[0].dtype)
    k.begin(tile[0].size)
    rule(k, *tile, **numbers)
    for place, column in enumerate(columns):
        if place != 1 and column is not None:
            for part, array in zip(lot.parts[place], column, strict=True):
                array[...] = part


def _run_alone(rule: Callable, arrays: list[Any], numbers: dict[str, Any]) -> None:
    """Applies the rule to one parameter, a tile at a time and in its own memory where possible."""
    param = arrays[0]
    if not param.flags.c_contiguous and param.flags.f_contiguous:
        arrays = [None if a is None else a.T for a in arrays]
    copies: list[tuple[Array, Array]] = []
    flat: list[Any] = []
    for place, array in enumerate(arrays):
        if array is None:
            flat.append(None)
            continue
        whole = array.ravel()  # a view where the array is contiguous
        if place != 1 and not array.flags.c_contiguous:
            copies.append((array, whole))
        flat.append(_real(whole))
    k = arithmetic(flat[0].dtype)
    size = flat[0].size
    if size <= TILE:
        k.begin(size)
        rule(k, *flat, **numbers)
    else:
        for start in range(0, size, TILE):
            tile: list[Any] = [None if a is None else a[start : start + TILE] for a in flat]
            k.begin(tile[0].size)
            rule(k, *tile, **numbers)
    for array, whole in copies:
        array[...] = whole.reshape(array.shape)


def _real(flat: Array) -> Array:
    """A complex array as its real and imaginary parts in turn."""
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat
