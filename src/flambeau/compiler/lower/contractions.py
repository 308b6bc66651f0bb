"""Matrix products, as calls of the runtime's one contraction."""

from __future__ import annotations

import math

from ..expressions import FLOAT32, FLOAT64, apply, load
from ..graph import steps
from ..memory import View
from ..recorder import Call
from .builder import Builder, NotHere, lowering
from .pointwise import target_of

FUNCTIONS = {FLOAT32: "fl_sgemm", FLOAT64: "fl_dgemm"}
BATCHED = {FLOAT32: "fl_sgemm_batch", FLOAT64: "fl_dgemm_batch"}
REUSE = 4  # rows that make it worth while to copy the other matrix into a kinder order
INLINE = 2048  # multiply-adds below which a product is a loop of the program itself


def transposed(view: View) -> View:
    """A matrix with its last two dimensions exchanged."""
    shape = (*view.shape[:-2], view.shape[-1], view.shape[-2])
    strides = (*view.strides[:-2], view.strides[-1], view.strides[-2])
    return View(view.buffer, view.dtype, view.offset, shape, strides)


def as_rows(b: Builder, view: View) -> View:
    """(..., k) as a matrix of rows; copied where its strides do not allow that."""
    *lead, width = view.shape
    rows = math.prod(lead)
    stride, size = None, 1
    for n, s in zip(reversed(lead), reversed(view.strides[:-1]), strict=True):
        if n == 1:
            continue
        if stride is None:
            stride = s
        elif s != stride * size:
            dense = b.dense(view)
            return dense.reshaped((rows, width))
        size *= n
    step = width if stride is None else stride
    return View(view.buffer, view.dtype, view.offset, (rows, width), (step, view.strides[-1]))


def product(b: Builder, out: View, x: View, y: View, accumulate: bool = False) -> None:
    """out = x y for matrices of any strides."""
    m, k = x.shape
    n = y.shape[1]
    if out.dtype not in FUNCTIONS or x.dtype != out.dtype or y.dtype != out.dtype:
        raise NotHere(f"a product of {x.dtype} and {y.dtype}")
    if m * n * k <= INLINE and k and not accumulate:
        if y.strides[1] != 1 and m >= REUSE and n > 1:  # so that vectors go along the columns
            y = b.dense(y)
        shape = (m, n, k)
        left = View(x.buffer, x.dtype, x.offset, shape, (x.strides[0], 0, x.strides[1]))
        right = View(y.buffer, y.dtype, y.offset, shape, (0, y.strides[1], y.strides[0]))
        b.reduce(out, apply("multiply", load(left), load(right)), shape, (2,))
        return
    args = (
        m, n, k, x, *steps(x), y, *steps(y), out, *steps(out), int(accumulate), None, None
    )  # fmt: skip
    reads = (x, y, out) if accumulate else (x, y)
    b.native_call(FUNCTIONS[out.dtype], args, reads, (out,), 2 * m * n * k)


@lowering("linear_matrix", "linear_rows", "linear_matrix_plain", "linear_rows_plain")
def linear(b: Builder, call: Call) -> None:
    """x W^T + b"""
    x, weight, bias = call.args
    target = target_of(call)
    if len(weight.shape) != 2 or not target.is_contiguous():
        raise NotHere("a linear layer of another kind")
    out = target.reshaped((math.prod(target.shape[:-1]), weight.shape[0]))
    product(b, out, as_rows(b, x), transposed(weight))
    if bias is not None:
        b.store(out, apply("add", load(out), load(bias.as_shape(out.shape))))


@lowering("mm")
def mm(b: Builder, call: Call) -> None:
    x, y = call.args
    product(b, target_of(call), x, y)


@lowering("mm_nt")
def mm_nt(b: Builder, call: Call) -> None:
    """a b^T"""
    x, y = call.args
    product(b, target_of(call), x, transposed(y))


@lowering("mm_tn")
def mm_tn(b: Builder, call: Call) -> None:
    """a^T b"""
    x, y = call.args
    product(b, target_of(call), transposed(x), y)


@lowering("rows_product")
def rows_product(b: Builder, call: Call) -> None:
    """a^T b over all rows: the gradient of a linear layer's weight."""
    x, y = call.args
    product(b, target_of(call), transposed(as_rows(b, x)), as_rows(b, y))


@lowering("mv")
def mv(b: Builder, call: Call) -> None:
    x, y = call.args
    out = target_of(call)
    column = View(y.buffer, y.dtype, y.offset, (*y.shape, 1), (*y.strides, 0))
    product(b, View(out.buffer, out.dtype, out.offset, (*out.shape, 1), (*out.strides, 0)), x,
            column)  # fmt: skip


@lowering("matmul_nd", "bmm")
def matmul(b: Builder, call: Call) -> None:
    """Products of stacks of matrices."""
    x, y = call.args
    out = target_of(call)
    if len(y.shape) == 2 and len(x.shape) >= 2 and out.is_contiguous():
        rows = as_rows(b, x)
        product(b, out.reshaped((rows.shape[0], y.shape[1])), rows, y)
        return
    if min(len(x.shape), len(y.shape)) < 2 or out.dtype not in BATCHED:
        raise NotHere("a product of vectors")
    lead = out.shape[:-2]
    if len(lead) > 2 or x.dtype != out.dtype or y.dtype != out.dtype:
        raise NotHere("a product of deep stacks")
    x, y = (v if v.shape[:-2] == lead else v.as_shape((*lead, *v.shape[-2:])) for v in (x, y))
    m, k = x.shape[-2:]
    n = y.shape[-1]
    counts = (1,) * (2 - len(lead)) + lead
    none = (0,) * (2 - len(lead))
    args = (
        *counts, m, n, k, x, *none, *steps(x), y, *none, *steps(y), out, *none, *steps(out), 0,
        None, None,
    )  # fmt: skip
    b.native_call(BATCHED[out.dtype], args, (x, y), (out,), 2 * m * n * k * math.prod(lead))


@lowering("addmm")
def addmm(b: Builder, call: Call) -> None:
    """beta input + alpha mat1 mat2"""
    added, x, y, beta, alpha = call.args
    out = target_of(call)
    if call.writes:
        raise NotHere("addmm in place")
    product(b, out, x, y)
    value = load(out)
    if alpha != 1:
        value = apply("multiply", value, alpha)
    if beta != 0:
        other = load(added.as_shape(out.shape))
        value = apply("add", value, other if beta == 1 else apply("multiply", other, beta))
    if value.op != "load":
        b.store(out, value)


__all__ = ["as_rows", "product", "transposed"]
