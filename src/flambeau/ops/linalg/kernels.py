"""The algorithms of linear algebra that NumPy lacks, on batches of matrices.

LU with partial pivoting, triangular solves, Bunch and Kaufman's LDL, Householder products. They
work on whole batches at once, and on blocks, so that the most of their work is matrix products.
The names and conventions are LAPACK's: pivots count from 1, ``info`` is the first step that failed.
"""

from __future__ import annotations

import math

import numpy as np

from .checks import Array

BLOCK = 32  # columns that are factored one by one before the rest is updated with a product
SMALL = 64  # unknowns of a triangular system that are solved for at once


def adjoint(a: Array) -> Array:
    """The conjugate transpose of each matrix."""
    t = a.swapaxes(-1, -2)
    return t.conj() if a.dtype.kind == "c" else t


def eye_like(a: Array, m: int, n: int) -> Array:
    """A batch of m by n identity matrices, of the type and batch shape of ``a``."""
    out = np.zeros((*a.shape[:-2], m, n), a.dtype)
    i = np.arange(min(m, n))
    out[..., i, i] = 1
    return out


# --- triangular systems ------------------------------------------------------------------------


def solve_triangular(
    a: Array, b: Array, upper: bool, left: bool = True, unit: bool = False
) -> Array:
    """X with A X = B (or X A = B), where A is triangular: its other triangle is not read."""
    if not left:
        return solve_triangular(
            a.swapaxes(-1, -2), b.swapaxes(-1, -2), not upper, True, unit
        ).swapaxes(-1, -2)
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2]) + b.shape[-2:]
    if upper:  # from the last unknown to the first: the same with all indices reversed
        a, b = a[..., ::-1, ::-1], b[..., ::-1, :]
    x = np.empty(shape, np.result_type(a, b))
    x[...] = b
    _forward(a, x, unit)
    return x[..., ::-1, :] if upper else x


def _forward(a: Array, x: Array, unit: bool) -> None:
    """Forward substitution in place; large systems are halved."""
    n = a.shape[-1]
    if n > SMALL:
        h = max(SMALL, 1 << (n - 1).bit_length() - 1)
        _forward(a[..., :h, :h], x[..., :h, :], unit)
        x[..., h:, :] -= a[..., h:, :h] @ x[..., :h, :]
        _forward(a[..., h:, h:], x[..., h:, :], unit)
        return
    block = np.tril(a)
    i = np.arange(n)
    if unit:
        block[..., i, i] = 1
    try:
        x[...] = np.linalg.solve(block, x)
    except np.linalg.LinAlgError:  # a zero on the diagonal: inf and nan from there on
        for k in range(n):
            x[..., k : k + 1, :] -= block[..., k : k + 1, :k] @ x[..., :k, :]
            x[..., k, :] /= block[..., k, k, None]


# --- LU ----------------------------------------------------------------------------------------


def lu_factor(a: Array) -> tuple[Array, Array, Array]:
    """L and U in one matrix, the rows exchanged at each step, and the first zero pivot."""
    *batch, m, n = a.shape
    k = min(m, n)
    lu = np.array(a.reshape(math.prod(batch), m, n), order="C")
    pivots = np.empty((lu.shape[0], k), np.int32)
    info = np.zeros(lu.shape[0], np.int32)
    for start in range(0, k, BLOCK):
        stop = min(start + BLOCK, k)
        _panel(lu, pivots, info, start, stop)
        if stop < n:
            right = lu[:, start:stop, stop:]
            right[...] = solve_triangular(lu[:, start:stop, start:stop], right, False, unit=True)
            lu[:, stop:, stop:] -= lu[:, stop:, start:stop] @ right
    return lu.reshape(a.shape), pivots.reshape(*batch, k), info.reshape(batch)


def _panel(lu: Array, pivots: Array, info: Array, start: int, stop: int) -> None:
    """Factors some columns one by one; exchanges whole rows."""
    if len(lu) == 1:
        info[0] = info[0] or _panel_of_one(lu[0], pivots[0], start, stop)
        return
    each = np.arange(len(lu))
    for j in range(start, stop):
        best = _size(lu[:, j:, j]).argmax(1) + j if len(lu) else each
        pivots[:, j] = best + 1
        if (best != j).any():
            row = lu[each, best]
            lu[each, best] = lu[:, j]
            lu[:, j] = row
        pivot = lu[:, j, j]
        zero = pivot == 0
        if zero.any():
            info[zero & (info == 0)] = j + 1
            pivot = np.where(zero, np.ones((), lu.dtype), pivot)
        lu[:, j + 1 :, j] /= pivot[:, None]
        lu[:, j + 1 :, j + 1 : stop] -= lu[:, j + 1 :, j, None] * lu[:, j, None, j + 1 : stop]


def _panel_of_one(a: Array, pivots: Array, start: int, stop: int) -> int:
    """The same for a single matrix; gives the first zero pivot, counted from 1, or 0."""
    first = 0
    for j in range(start, stop):
        best = int(_size(a[j:, j]).argmax()) + j
        pivots[j] = best + 1
        if best != j:
            row = a[best].copy()
            a[best] = a[j]
            a[j] = row
        if a[j, j] == 0:
            first = first or j + 1
            continue
        below = a[j + 1 :, j]
        below /= a[j, j]
        if j + 1 < stop:
            a[j + 1 :, j + 1 : stop] -= below[:, None] * a[j, j + 1 : stop]
    return first


def _size(x: Array) -> Array:
    """The size by which LAPACK chooses pivots."""
    return abs(x.real) + abs(x.imag) if x.dtype.kind == "c" else abs(x)


def permutation(pivots: Array, m: int) -> Array:
    """The order of the rows after the exchanges: row i of PᵀA is row ``order[i]`` of A."""
    batch = pivots.shape[:-1]
    flat = pivots.reshape(math.prod(batch), pivots.shape[-1])
    order = np.tile(np.arange(m), (len(flat), 1))
    each = np.arange(len(flat))
    for j in range(flat.shape[1]):
        other = flat[:, j] - 1
        moved = order[each, other]
        order[each, other] = order[:, j]
        order[:, j] = moved
    return order.reshape(*batch, m)


def permutation_matrix(order: Array, dtype: np.dtype) -> Array:
    """P with A = P L U, from the order of the rows."""
    m = order.shape[-1]
    return (np.arange(m)[:, None] == order[..., None, :]).astype(dtype)


def unpack(lu: Array) -> tuple[Array, Array]:
    """L with its unit diagonal, and U."""
    m, n = lu.shape[-2:]
    k = min(m, n)
    lower = np.tril(lu[..., :, :k], -1)
    i = np.arange(k)
    lower[..., i, i] = 1
    return lower, np.triu(lu[..., :k, :])


# --- Cholesky, where it fails ------------------------------------------------------------------


def cholesky(a: Array) -> tuple[Array, Array]:
    """L with A = L Lᴴ, column by column, and the order of the first minor that is not positive.

    A matrix that fails keeps what was computed up to there, as LAPACK leaves it.
    """
    out = np.tril(a)
    info = np.zeros(a.shape[:-2], np.int32)
    for j in range(a.shape[-1]):
        row = out[..., j, :j]
        rest = (out[..., j, j] - (row * row.conj()).sum(-1)).real
        good = (rest > 0) & (info == 0)
        info[(info == 0) & ~good] = j + 1
        root = np.sqrt(np.where(good, rest, 1))
        below = out[..., j + 1 :, j] - (out[..., j + 1 :, :j] @ row.conj()[..., None])[..., 0]
        out[..., j, j] = np.where(good, root, np.where(info == j + 1, rest, out[..., j, j]))
        out[..., j + 1 :, j] = np.where(
            good[..., None], below / root[..., None], out[..., j + 1 :, j]
        )
    return out, info


# --- LDL ---------------------------------------------------------------------------------------

GROWTH = (1 + math.sqrt(17)) / 8  # Bunch and Kaufman's bound, which keeps the growth smallest


def ldl_factor(a: Array, hermitian: bool) -> tuple[Array, Array, Array]:
    """L and D in one matrix, pivots and info, of a batch; the lower triangle is read.

    J. R. Bunch and L. Kaufman, "Some stable methods for calculating inertia and solving symmetric
    linear systems" (1977). D has blocks of 1 and 2; a block of 2 has negative pivots.
    """
    n = a.shape[-1]
    out = np.tril(a).reshape(math.prod(a.shape[:-2]), n, n)
    pivots = np.empty((len(out), n), np.int32)
    info = np.zeros(len(out), np.int32)
    for one, pivot, number in zip(out, pivots, range(len(out)), strict=True):
        info[number] = _bunch_kaufman(one, pivot, hermitian)
    return out.reshape(a.shape), pivots.reshape(a.shape[:-1]), info.reshape(a.shape[:-2])


def _bunch_kaufman(a: Array, pivots: Array, hermitian: bool) -> int:
    n, k, info = len(a), 0, 0
    while k < n:
        step, place = 1, k
        diagonal = abs(a[k, k].real) if hermitian else float(_size(a[k, k]))
        below = _size(a[k + 1 :, k])
        row = k + 1 + int(below.argmax()) if len(below) else k
        largest = float(below.max()) if len(below) else 0.0
        if not max(diagonal, largest) > 0:
            info = info or k + 1
            if hermitian:
                a[k, k] = a[k, k].real
            pivots[k] = k + 1
            k += 1
            continue
        if diagonal < GROWTH * largest:
            others = max(
                float(_size(a[row, k:row]).max()),
                float(_size(a[row + 1 :, row]).max()) if row < n - 1 else 0.0,
            )
            if diagonal >= GROWTH * largest * (largest / others):
                pass
            elif abs(a[row, row].real if hermitian else _size(a[row, row])) >= GROWTH * others:
                place = row
            else:
                step, place = 2, row
        at = k + step - 1
        if place != at:
            _exchange(a, at, place, hermitian)
            if step == 2:
                a[k + 1, k], a[place, k] = a[place, k], a[k + 1, k]
        if hermitian:
            i = np.arange(k, k + step)
            a[i, i] = a[i, i].real
        _eliminate(a, k, step, hermitian)
        if step == 1:
            pivots[k] = place + 1
        else:
            pivots[k : k + 2] = -(place + 1)
        k += step
    return info


def _exchange(a: Array, i: int, j: int, hermitian: bool) -> None:
    """Exchanges rows and columns i < j of the trailing lower triangle."""
    kept = a[j + 1 :, i].copy()
    a[j + 1 :, i], a[j + 1 :, j] = a[j + 1 :, j], kept
    middle = a[i + 1 : j, i].copy()
    turned = a[j, i + 1 : j].copy()
    a[i + 1 : j, i] = turned.conj() if hermitian else turned
    a[j, i + 1 : j] = middle.conj() if hermitian else middle
    if hermitian:
        a[j, i] = a[j, i].conj()
    a[i, i], a[j, j] = a[j, j], a[i, i]


def _eliminate(a: Array, k: int, step: int, hermitian: bool) -> None:
    """Subtracts the part of the trailing matrix that a pivot block explains."""
    rest = k + step
    if rest >= len(a):
        return
    columns = a[rest:, k:rest].copy()
    if step == 1:
        multipliers = columns / a[k, k]
    else:
        block = a[k:rest, k:rest].copy()
        block[0, 1] = block[1, 0].conj() if hermitian else block[1, 0]
        multipliers = np.linalg.solve(block.T, columns.T).T
    other = columns.conj() if hermitian else columns
    a[rest:, rest:] -= np.tril(multipliers @ other.T)
    a[rest:, k:rest] = multipliers


def ldl_solve(ld: Array, pivots: Array, b: Array, hermitian: bool) -> Array:
    """X with A X = B, from the factorisation of A."""
    batch = np.broadcast_shapes(ld.shape[:-2], b.shape[:-2])
    n = ld.shape[-1]
    count = math.prod(batch)
    out = np.array(np.broadcast_to(b, batch + b.shape[-2:])).reshape(count, *b.shape[-2:])
    many = np.broadcast_to(ld, batch + (n, n)).reshape(count, n, n)
    steps = np.broadcast_to(pivots, batch + (n,)).reshape(count, n)
    for a, p, x in zip(many, steps, out, strict=True):
        _ldl_solve_one(a, p, x, hermitian)
    return out.reshape(batch + b.shape[-2:])


def _ldl_solve_one(a: Array, pivots: Array, x: Array, hermitian: bool) -> None:
    n, k, starts = len(a), 0, []
    while k < n:
        step = 1 if pivots[k] > 0 else 2
        starts.append((k, step))
        at, place = k + step - 1, abs(int(pivots[k])) - 1
        if place != at:
            x[[at, place]] = x[[place, at]]
        rest = k + step
        x[rest:] -= a[rest:, k:rest] @ x[k:rest]
        if step == 1:
            x[k] /= a[k, k].real if hermitian else a[k, k]
        else:
            block = a[k:rest, k:rest].copy()
            block[0, 1] = block[1, 0].conj() if hermitian else block[1, 0]
            x[k:rest] = np.linalg.solve(block, x[k:rest])
        k = rest
    for k, step in reversed(starts):
        rest = k + step
        columns = a[rest:, k:rest]
        x[k:rest] -= (columns.conj() if hermitian else columns).T @ x[rest:]
        at, place = rest - 1, abs(int(pivots[k])) - 1
        if place != at:
            x[[at, place]] = x[[place, at]]


# --- Householder reflections -------------------------------------------------------------------


def reflections(vectors: Array, tau: Array, x: Array, adjoint: bool = False) -> Array:
    """Q X for the product Q = H₁ H₂ … of reflections H = I - tau v vᴴ; or Qᴴ X.

    The vectors v lie below the diagonal of ``vectors``, whose diagonal counts as 1.
    """
    m, k = vectors.shape[-2], tau.shape[-1]
    batch = np.broadcast_shapes(vectors.shape[:-2], x.shape[:-2])
    out = np.array(np.broadcast_to(x, batch + x.shape[-2:]))
    v = np.tril(vectors[..., :, :k], -1)
    i = np.arange(min(m, k))
    v[..., i, i] = 1
    for j in range(k) if adjoint else range(k - 1, -1, -1):
        column = v[..., j:, j, None]
        factor = tau[..., j, None, None]
        factor = factor.conj() if adjoint else factor
        out[..., j:, :] -= factor * (column @ (column.conj().swapaxes(-1, -2) @ out[..., j:, :]))
    return out
