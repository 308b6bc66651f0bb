"""Products of tensors over chosen dimensions, and distances: composed of contractions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..tensor.size import broadcast_error, normalize_dim
from ..tensor.tensor import Tensor, wrap
from .contractions import conversion_hint, cpp_name, into, matmul, scalar_type_error
from .expressions import TENSORS
from .table import composite, op

Array = np.ndarray


# --- vectors -----------------------------------------------------------------------------------


@composite("function method", aliases=("ger",))
def outer(input: Tensor, vec2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""
    for name, t in (("self", input), ("vec2", vec2)):
        if t.dim() != 1:
            raise RuntimeError(f"outer: Expected 1-D argument {name}, but got {t.dim()}-D")
    if out is not None:
        return into(out, outer, input, vec2)
    return input.reshape(input.shape[0], 1) * vec2


@composite("function method")
def inner(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The sum of the products over the last dimension of both: (..., k) and (+++, k)."""
    if out is not None:
        return into(out, inner, input, other)
    if not input.dim() or not other.dim():
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input.shape)} and {list(other.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@composite("linalg")
def linalg_vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The inner product of vectors along a dimension; the first ones are conjugated."""
    if out is not None:
        return into(out, linalg_vecdot, x, y, dim=dim)
    if x.dtype != y.dtype:
        raise RuntimeError(
            "linalg.vecdot: Expected x and y to have the same dtype, but found x of type "
            f"{x.dtype.title} and y of type {y.dtype.title} instead"
        )
    return (TENSORS["conjugate"](x) * y).sum(dim)


@op("linalg_cross(input, other, *, dim: int = -1)",
    derivative={
        "input": "sum_to_size(linalg_cross(conjugate(other), grad, dim=dim), input.shape)",
        "other": "sum_to_size(linalg_cross(grad, conjugate(input), dim=dim), other.shape)"},
    where="linalg", formula=r"x \times y")
def linalg_cross(input: Array, other: Array, dim: int) -> Array:
    """The cross product of vectors of three elements along a dimension; the others broadcast."""
    if input.ndim != other.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    at = normalize_dim(dim, input.ndim)
    if input.shape[at] != 3 or other.shape[at] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.shape[at]} and "
            f"{other.shape[at]}"
        )
    for m, n in zip(input.shape, other.shape, strict=True):
        if m != n and m != 1 and n != 1:
            raise broadcast_error(input.shape, other.shape)
    if input.dtype != other.dtype:
        raise scalar_type_error(input, other)
    a, b = np.moveaxis(input, at, 0), np.moveaxis(other, at, 0)
    return np.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], at)


@composite("function method")
def cross(
    input: Tensor, other: Tensor, dim: int | None = None, *, out: Tensor | None = None
) -> Tensor:
    """The cross product along ``dim``, by default the first dimension of size 3."""
    if out is not None:
        return into(out, cross, input, other, dim)
    if dim is None:
        if input.dim() != other.dim():
            raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    return TENSORS["linalg_cross"](input, other, dim=dim)


# --- chains and chosen dimensions --------------------------------------------------------------


@composite("linalg")
def linalg_multi_dot(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices, in the order that takes the fewest multiplications.

    The first and the last may be vectors.
    """
    if out is not None:
        return into(out, linalg_multi_dot, tensors)
    ts = list(tensors)
    _check_chain(ts)
    first, last = ts[0].dim() == 1, ts[-1].dim() == 1
    if first:
        ts[0] = ts[0].unsqueeze(0)
    if last:
        ts[-1] = ts[-1].unsqueeze(-1)
    for i, (a, b) in enumerate(zip(ts, ts[1:], strict=False)):
        if a.shape[1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(tensors[i].shape)} and "
                f"{list(tensors[i + 1].shape)} cannot be multiplied"
            )
    split = _chain_order([ts[0].shape[0], *(t.shape[1] for t in ts)])
    result = _chain(ts, split, 0, len(ts) - 1)
    if last:
        result = result.squeeze(-1)
    return result.squeeze(0) if first else result


def _check_chain(ts: list[Tensor]) -> None:
    if len(ts) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(ts)}")
    for i, t in enumerate(ts):
        place = {0: "the first tensor", len(ts) - 1: "the last tensor"}.get(i)
        if place and t.dim() not in (1, 2):
            raise RuntimeError(f"multi_dot(): {place} must be 1D or 2D but got {t.dim()}D")
        if not place and t.dim() != 2:
            raise RuntimeError(f"multi_dot(): tensor {i} must be 2D but got {t.dim()}D")
        if t.dtype != ts[0].dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{cpp_name(ts[0].dtype.numpy)} and tensor {i} {cpp_name(t.dtype.numpy)}"
            )


def _chain_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain: the dynamic programme for the least work."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )
    return split


def _chain(ts: list[Tensor], split: dict, i: int, j: int) -> Tensor:
    if i == j:
        return ts[i]
    k = split[i, j]
    return matmul(_chain(ts, split, i, k), _chain(ts, split, k + 1, j))


@composite("function")
def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of a chain of matrices; an older name for linalg.multi_dot."""
    if len(matrices) == 1:
        return matrices[0]
    return linalg_multi_dot(matrices, out=out)


@composite("function")
def tensordot(a: Tensor, b: Tensor, dims: Any = 2, out: Tensor | None = None) -> Tensor:
    """The sum of the products over pairs of dimensions.

    Args:
        dims: a number n (the last n of a with the first n of b), or two lists of dimensions.
    """
    if out is not None:
        return into(out, tensordot, a, b, dims)
    one, other = _contracted(a, b, dims)
    if len(one) != len(other):
        raise RuntimeError("both dimension lists should have same length")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"both inputs should have same dtype\n{conversion_hint(a._data, b._data)}"
        )
    for i, j in zip(one, other, strict=True):
        m, n = a.size(i), b.size(j)
        if m == 1 != n:  # a size of 1 stands for any other
            b = b.sum(j, keepdim=True, dtype=b.dtype)
        elif n == 1 != m:
            a = a.sum(i, keepdim=True, dtype=a.dtype)
        elif m != n:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {i} and "
                f"second has size {n} in dim {j}"
            )
    one = [normalize_dim(i, a.dim()) for i in one]
    other = [normalize_dim(j, b.dim()) for j in other]
    for dims_of in (one, other):
        if len(set(dims_of)) != len(dims_of):
            twice = next(d for i, d in enumerate(dims_of) if d in dims_of[:i])
            raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    left = [i for i in range(a.dim()) if i not in one]
    right = [j for j in range(b.dim()) if j not in other]
    k = math.prod(a.shape[i] for i in one)
    shape = [a.shape[i] for i in left] + [b.shape[j] for j in right]
    rows, columns = math.prod(shape[: len(left)]), math.prod(shape[len(left) :])
    x = a.permute(*left, *one).reshape(rows, k) if a.dim() else a.reshape(1, 1)
    y = b.permute(*other, *right).reshape(k, columns) if b.dim() else b.reshape(1, 1)
    return matmul(x, y).reshape(shape)


def _contracted(a: Tensor, b: Tensor, dims: Any) -> tuple[list[int], list[int]]:
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, (tuple, list)):
        one, other = dims
        return ([one] if isinstance(one, int) else list(one)), (
            [other] if isinstance(other, int) else list(other)
        )
    if dims < 0:
        raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
    if dims > min(a.dim(), b.dim()):
        raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
    return list(range(-dims, 0)), list(range(dims))


@composite("function method")
def kron(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The Kronecker product: every element of the first times the whole of the second."""
    if out is not None:
        return into(out, kron, input, other)
    n = max(input.dim(), other.dim())
    a = [1] * (n - input.dim()) + list(input.shape)
    b = [1] * (n - other.dim()) + list(other.shape)
    x = input.reshape([s for m in a for s in (m, 1)])
    y = other.reshape([s for m in b for s in (1, m)])
    return TENSORS["_unsafe_view"](x * y, tuple(p * q for p, q in zip(a, b, strict=True)))


# --- einsum ------------------------------------------------------------------------------------


@composite("function")
def einsum(*args: Any) -> Tensor:
    """Sums of products by subscripts: ``einsum("bij,bjk->bik", a, b)``.

    A letter that several operands have is multiplied along; one that the result lacks is summed
    over; one that comes twice in an operand takes its diagonal; ``...`` stands for the dimensions
    without letters, which broadcast. Also ``einsum(a, [0, 1], b, [1, 2], [0, 2])``.
    """
    terms, output, operands = _einsum_arguments(args)
    labels = _label_operands(terms, operands)
    ellipsis = max((-min(row, default=0) for row in labels), default=0)
    sizes = _label_sizes(labels, operands)
    wanted = _output_labels(labels, output, ellipsis)
    left, have = _labelled(operands[0], labels[0])
    for i in range(1, len(operands)):
        right, and_these = _labelled(operands[i], labels[i])
        later = {c for row in labels[i + 1 :] for c in row}
        left, have = _multiply(left, have, right, and_these, later | set(wanted), sizes)
    surplus = [i for i, c in enumerate(have) if c not in wanted]
    if surplus:
        left = left.sum(surplus)
        have = [c for c in have if c in wanted]
    for c in wanted:
        if c not in have:  # a dimension of size 1 that no operand spells out
            left, have = left.unsqueeze(-1), [*have, c]
    order = [have.index(c) for c in wanted]
    return left.permute(order) if order != list(range(len(order))) else left


ELLIPSIS = "."  # stands for "..." in parsed terms; its dimensions get the labels -1, -2, … later


def _einsum_arguments(args: tuple) -> tuple[list[list], list | None, list[Tensor]]:
    """The subscripts of each operand, those of the result (None: implicit), and the operands."""
    if len(args) < 2:
        error = ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one "
            "operand and its subscripts list"
        )
        raise error
    if isinstance(args[0], str):
        operands = list(args[1:])
        if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
            operands = list(operands[0])
        left, arrow, right = args[0].replace(" ", "").partition("->")
        terms = [_parse_term(t, i, args[0]) for i, t in enumerate(left.split(","))]
        output = _parse_term(right, None, args[0]) if arrow else None
    else:
        operands = list(args[::2]) if len(args) % 2 == 0 else list(args[:-1:2])
        terms = [_parse_list(t) for t in args[1::2]]
        output = _parse_list(args[-1]) if len(args) % 2 else None
    if len(terms) != len(operands):
        how = "fewer" if len(operands) < len(terms) else "more"
        raise RuntimeError(
            f"einsum(): {how} operands were provided than specified in the equation"
        )
    return terms, output, operands


def _parse_term(text: str, operand: int | None, equation: str) -> list:
    """The letters of one term, with one ELLIPSIS in place of ``...``."""
    whose = "the output" if operand is None else f"operand {operand}"
    out: list = []
    i = 0
    while i < len(text):
        c = text[i]
        if c == ".":
            if ELLIPSIS in out:
                raise RuntimeError(
                    f"einsum(): found '.' for {whose} for which an ellipsis was already found"
                )
            if text[i : i + 3] != "...":
                raise RuntimeError(
                    f"einsum(): found '.' for {whose} that is not part of any ellipsis"
                )
            out.append(ELLIPSIS)
            i += 3
            continue
        if not (c.isascii() and c.isalpha()):
            raise RuntimeError(
                "einsum(): invalid subscript given at index "
                f"{equation.rindex(text) + i} in the equation string, subscripts must be in "
                "[a-zA-Z]"
            )
        if operand is None and c in out:
            raise RuntimeError(
                f"einsum(): output subscript {c} appears more than once in the output"
            )
        out.append(c)
        i += 1
    return out


def _parse_list(subscripts: Any) -> list:
    """A list of subscripts 0 to 51, or Ellipsis, in the letters of the other form."""
    out = []
    for s in subscripts:
        if s is Ellipsis:
            out.append(ELLIPSIS)
        elif isinstance(s, int) and 0 <= s < 52:
            out.append(chr(ord("A") + s) if s < 26 else chr(ord("a") + s - 26))
        else:
            error = ValueError(
                "einsum(): subscripts in subscript list are not within the valid range [0, 52)"
            )
            raise error
    return out


def _label_operands(terms: list[list], operands: list[Tensor]) -> list[list]:
    """A label for every dimension: its letter as a positive number, or -1, -2, … for an ellipsis.

    The ellipsis's last dimension is -1, so that dimensions of several operands match from the
    right.
    """
    labels = []
    for i, (term, t) in enumerate(zip(terms, operands, strict=True)):
        letters = len(term) - (ELLIPSIS in term)
        n = t.dim()
        if ELLIPSIS not in term and letters != n:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) does not match "
                f"the number of dimensions ({n}) for operand {i} and no ellipsis was given"
            )
        if letters > n:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({letters}) is more than the "
                f"number of dimensions ({n}) for operand {i}"
            )
        row: list[int] = []
        for c in term:
            row.extend(range(letters - n, 0) if c == ELLIPSIS else [ord(c)])
        labels.append(row)
    return labels


def _label_sizes(labels: list[list], operands: list[Tensor]) -> dict[int, int]:
    """The size of each label; a 1 gives way to another size."""
    sizes: dict[int, int] = {}
    for i, (row, t) in enumerate(zip(labels, operands, strict=True)):
        own: dict[int, int] = {}
        for c, n in zip(row, t.shape, strict=True):
            if c in own and own[c] != n:
                raise RuntimeError(
                    f"einsum(): subscript {chr(c)} is repeated for operand {i} but the sizes don't "
                    f"match, {n} != {own[c]}"
                )
            own[c] = n
            if n != 1 and sizes.get(c, 1) not in (1, n):
                name = chr(c) if c > 0 else "..."
                raise RuntimeError(
                    f"einsum(): subscript {name} has size {n} for operand {i} which does not "
                    f"broadcast with previously seen size {sizes[c]}"
                )
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    return sizes


def _output_labels(labels: list[list], output: list | None, ellipsis: int) -> list[int]:
    everywhere = [c for row in labels for c in row]
    dots = list(range(-ellipsis, 0))
    if output is None:  # those that come once, in alphabetical order, after the ellipsis
        return dots + sorted(c for c in set(everywhere) if c > 0 and everywhere.count(c) == 1)
    wanted: list[int] = []
    for c in output:
        if c == ELLIPSIS:
            wanted.extend(dots)
            continue
        if ord(c) not in everywhere:
            raise RuntimeError(
                f"einsum(): output subscript {c} does not appear in the equation for any input "
                "operand"
            )
        wanted.append(ord(c))
    return wanted


def _labelled(t: Tensor, row: list) -> tuple[Tensor, list]:
    """An operand whose labels are all different: repeated ones become diagonals."""
    row = list(row)
    for c in dict.fromkeys(row):
        while row.count(c) > 1:
            i = row.index(c)
            j = row.index(c, i + 1)
            t = t.diagonal(0, i, j)  # the diagonal's dimension comes last
            del row[j], row[i]
            row.append(c)
    return t, row


def _multiply(
    a: Tensor, of_a: list, b: Tensor, of_b: list, kept: set, sizes: dict
) -> tuple[Tensor, list]:
    """The product of two operands, summed over the labels that nothing needs any more."""
    a, of_a = _sum_alone(a, of_a, of_b, kept)
    b, of_b = _sum_alone(b, of_b, of_a, kept)
    # A label of size 1 on one side broadcasts: that side does without it.
    for c in [c for c in of_a if c in of_b and a.shape[of_a.index(c)] != b.shape[of_b.index(c)]]:
        if a.shape[of_a.index(c)] == 1:
            a, of_a = a.squeeze(of_a.index(c)), [x for x in of_a if x != c]
            b, of_b = _sum_alone(b, of_b, of_a, kept)
        else:
            b, of_b = b.squeeze(of_b.index(c)), [x for x in of_b if x != c]
            a, of_a = _sum_alone(a, of_a, of_b, kept)
    batch = [c for c in of_a if c in of_b and c in kept]
    summed = [c for c in of_a if c in of_b and c not in kept]
    left = [c for c in of_a if c not in of_b]
    right = [c for c in of_b if c not in of_a]
    have = batch + left + right
    if not summed and (not left or not right or not batch):
        return _broadcast_product(a, of_a, b, of_b, have), have
    sizes_of = dict(zip(of_a, a.shape, strict=True)) | dict(zip(of_b, b.shape, strict=True))

    def size(labels: list) -> list[int]:
        return [sizes_of[c] for c in labels]

    x = _arranged(a, of_a, batch + left + summed)
    y = _arranged(b, of_b, batch + summed + right)
    lead = [math.prod(size(batch))] if batch else []
    k = math.prod(size(summed))
    x = x.reshape(*lead, math.prod(size(left)), k)
    y = y.reshape(*lead, k, math.prod(size(right)))
    return matmul(x, y).reshape(size(have)), have


def _sum_alone(t: Tensor, row: list, other: list, kept: set) -> tuple[Tensor, list]:
    """Sums over labels that only this operand has."""
    alone = [i for i, c in enumerate(row) if c not in other and c not in kept]
    if not alone:
        return t, row
    return t.sum(alone), [c for i, c in enumerate(row) if i not in alone]


def _arranged(t: Tensor, row: list, order: list) -> Tensor:
    return t if row == order else t.permute([row.index(c) for c in order])


def _broadcast_product(a: Tensor, of_a: list, b: Tensor, of_b: list, have: list) -> Tensor:
    def spread(t: Tensor, row: list) -> Tensor:
        t = _arranged(t, row, [c for c in have if c in row])
        for i, c in enumerate(have):
            if c not in row:
                t = t.unsqueeze(i)
        return t

    return spread(a, of_a) * spread(b, of_b)


# --- distances ---------------------------------------------------------------------------------


@op("_cdist(x1, x2, p: float)",
    derivative={"x1": "cdist_gradient(grad, x1, x2, p, result)",
                "x2": "cdist_gradient(grad.mT, x2, x1, p, result.mT)"},
    where="", formula=r"\left(\sum_k |x_{ik} - y_{jk}|^p\right)^{1/p}", node="CdistBackward0")
def _cdist(x1: Array, x2: Array, p: float) -> Array:
    batch = np.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
    n, m, k = x1.shape[-2], x2.shape[-2], x1.shape[-1]
    if not k:
        return np.zeros((*batch, n, m), x1.dtype)
    out = np.empty((*batch, n, m), x1.dtype)
    step = max(1, (1 << 20) // max(1, m * k * math.prod(batch)))  # keep the differences in cache
    for i in range(0, n, step):
        difference = np.abs(x1[..., i : i + step, None, :] - x2[..., None, :, :])
        out[..., i : i + step, :] = _length(difference, p)
    return out


def _length(x: Array, p: float) -> Array:
    """The p-norms of the absolute values in the last dimension."""
    if p == 0:
        return (x != 0).sum(-1).astype(x.dtype)
    if p == 1:
        return x.sum(-1)
    if p == 2:
        return np.sqrt((x * x).sum(-1))
    if p == math.inf:
        return x.max(-1)
    return (x**p).sum(-1) ** x.dtype.type(1 / p)


def _cdist_gradient(grad: Tensor, x1: Tensor, x2: Tensor, p: float, result: Tensor) -> Tensor:
    """The gradient with respect to the first points; 0 where two points coincide."""
    where = TENSORS["where"]
    difference = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    distance, weight = result.unsqueeze(-1), grad.unsqueeze(-1)
    if p == 0:
        slope = difference * 0
    elif p == 1:
        slope = difference.sign()
    elif p == math.inf:
        slope = difference.sign() * (difference.abs() == distance).to(difference.dtype)
    else:
        apart = distance != 0
        safe = where(apart, distance, 1.0)
        if p == 2:
            slope = difference / safe
        else:
            size = difference.abs()
            powers = where(size == 0, 0.0, where(size == 0, 1.0, size) ** (p - 1))
            slope = difference.sign() * powers / safe ** (p - 1)
        slope = where(apart, slope, 0.0)
    return TENSORS["sum_to_size"]((slope * weight).sum(-2), x1.shape)


TENSORS["cdist_gradient"] = _cdist_gradient

COMPUTE_MODES = (
    "use_mm_for_euclid_dist_if_necessary", "use_mm_for_euclid_dist",
    "donot_use_mm_for_euclid_dist",
)  # fmt: skip


@composite("function")
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: Any = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The p-norm distances between the rows of x1 (..., n, k) and those of x2 (..., m, k)."""
    if isinstance(compute_mode, str) and compute_mode not in COMPUTE_MODES:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    for i, x in enumerate((x1, x2), 1):
        if x.dim() < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{i} got: {x.dim()}D")
    for i, x in enumerate((x1, x2), 1):
        if not x.is_floating_point():
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, X{i} got: {x.dtype.title}"
            )
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            "X1 and X2 must have the same number of columns. "
            f"X1: {x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    if x1.dtype != x2.dtype:
        raise scalar_type_error(x1._data, x2._data)
    mode = compute_mode if isinstance(compute_mode, str) else COMPUTE_MODES[compute_mode or 0]
    many = max(x1.shape[-2], x2.shape[-2]) > 25
    if p == 2 and mode != COMPUTE_MODES[2] and (many or mode == COMPUTE_MODES[1]):
        return _euclidean(x1, x2)
    return TENSORS["_cdist"](x1, x2, float(p))


def _euclidean(x1: Tensor, x2: Tensor) -> Tensor:
    """|x - y|^2 = |x|^2 - 2 xy + |y|^2: one matrix product for all pairs."""
    one = x1.pow(2).sum(-1, keepdim=True)
    two = x2.pow(2).sum(-1, keepdim=True)
    squares = one + two.mT - 2 * matmul(x1, x2.mT)
    positive = squares.clamp_min(0)
    apart = positive > 0
    where = TENSORS["where"]
    return where(apart, where(apart, positive, 1.0).sqrt(), 0.0)


@composite("function nn")
def pdist(input: Tensor, p: float = 2.0) -> Tensor:
    """The p-norm distances between all pairs of rows: (n, k) gives (n (n - 1) / 2)."""
    if input.dim() != 2:
        raise RuntimeError(f"pdist only supports 2D tensors, got: {input.dim()}D")
    if not input.is_floating_point():
        raise RuntimeError("pdist only supports floating-point dtypes")
    if p < 0:
        raise RuntimeError("pdist only supports non-negative p values")
    one, other = (wrap(i) for i in np.triu_indices(input.shape[0], 1))
    pairs = input[one].unsqueeze(1), input[other].unsqueeze(1)
    return TENSORS["_cdist"](*pairs, float(p)).reshape(-1)
