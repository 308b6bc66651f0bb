"""Contractions: products of vectors, matrices and batches of matrices, and what is made of them.

All of them come down to :func:`product`, the matrix product of arrays as PyTorch computes it.
Transposed operands reach BLAS as they are, without a copy; so do the products of the backward pass
(``mm_nt`` and ``mm_tn`` multiply by a transpose).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..tensor import dtype as D
from ..tensor.size import broadcast_shapes, expand_error
from ..tensor.tensor import NoArray, Tensor
from . import dispatch, native
from .dispatch import execute
from .expressions import TENSORS
from .out import write_out
from .table import PROMOTE, ROWS, composite, op

Array = np.ndarray

BLAS_TYPES = frozenset(np.dtype(c) for c in "fdFD")
EXACT = 2**53  # integers up to here are exact in float64
LARGE = 1 << 18  # multiplications from which BLAS takes threads
SMALL = 1 << 14  # multiplications below which an integer product is not worth a detour
CPP = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int",
    "int32": "int", "int64": "long int", "float16": "c10::Half", "bfloat16": "c10::BFloat16",
    "float32": "float", "float64": "double", "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}  # fmt: skip


# --- the product of arrays ---------------------------------------------------------------------


def product(a: Array, b: Array) -> Array:
    """The matrix product of arrays of one type, leading dimensions broadcast.

    float16 and bfloat16 accumulate in float32, integers wrap around at their own width.
    """
    dtype = a.dtype
    if dtype in BLAS_TYPES:
        return multiplied(a, b)
    if dtype.kind in "iu":
        return _integer_product(a, b)
    return np.matmul(a.astype(np.float32), b.astype(np.float32)).astype(dtype)


def multiplied(a: Array, b: Array) -> Array:
    """np.matmul; large matrices of float32 by the runtime, where that is at hand.

    Its threads share the work as it comes, while BLAS's wait for each other: with another program
    on one of the cores they take many times as long.
    """
    if (
        a.ndim == 2 == b.ndim
        and (work := a.size * b.shape[1]) > LARGE
        and a.dtype is native.F32
        and b.dtype is native.F32
    ):
        (m, k), n = a.shape, b.shape[1]
        if k == b.shape[0] and (call := native.named("fl_sgemm", work // 16)):
            steps = [s // 4 for s in (*a.strides, *b.strides)]
            if all(s % 4 == 0 for s in (*a.strides, *b.strides)):
                c = np.empty((m, n), np.float32)
                at = native.pointer
                call(m, n, k, at(a), *steps[:2], at(b), *steps[2:], at(c), n, 1, 0, None, None)
                return c
    return np.matmul(a, b)


def _integer_product(a: Array, b: Array) -> Array:
    """Exact modulo the type's width; in float64 on BLAS where no sum can leave its exact range."""
    work = a.size * (b.shape[-1] if b.ndim > 1 else 1)
    if work > SMALL and _largest(a) * _largest(b) * a.shape[-1] < EXACT:
        wide = np.matmul(a.astype(np.float64), b.astype(np.float64))
        return wide.astype(np.int64).astype(a.dtype, copy=False)
    return np.matmul(a, b)


def _largest(a: Array) -> int:
    if a.itemsize <= 2:
        return 1 << 8 * a.itemsize
    return max(int(a.max()), -int(a.min())) if a.size else 0


def accumulate_type(dtype: np.dtype) -> np.dtype:
    """The type in which sums of such numbers are formed."""
    return D.float32.numpy if dtype in dispatch.HALF else dtype


# --- errors ------------------------------------------------------------------------------------


def cpp_name(dtype: np.dtype) -> str:
    """How PyTorch's sentences call a type: "float", "c10::Half"."""
    return CPP[D.of(dtype).name]


def title(dtype: np.dtype) -> str:
    """How its other sentences call it: "Float", "Half"."""
    return D.of(dtype).title


def not_implemented(kernel: str, dtype: np.dtype) -> NotImplementedError:
    return NotImplementedError(
        f"\"{kernel}\" not implemented for '{title(dtype)}'\n"
        "Hint: convert the operands first, for example with .float()."
    )


def same_types(a: Array, b: Array) -> None:
    """Refuses factors of different types, with the words of mm."""
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {cpp_name(a.dtype)} != "
            f"{cpp_name(b.dtype)}\n{conversion_hint(a, b)}"
        )


def conversion_hint(a: Array, b: Array) -> str:
    one, other = D.of(a.dtype), D.of(b.dtype)
    wide = one if (one.category, one.itemsize) >= (other.category, other.itemsize) else other
    which = "second" if wide is one else "first"
    return f"Hint: convert the {which} one with .to({wide!r})."


def shapes_error(a: tuple, b: tuple, shown: tuple | None = None) -> RuntimeError:
    """mat1 and mat2 do not fit: which sizes disagree, and what would fit."""
    m, n = shown or (a, b)
    sentence = (
        f"mat1 and mat2 shapes cannot be multiplied ({m[0]}x{m[1]} and {n[0]}x{n[1]})"
    )
    return RuntimeError(f"{sentence}\n{fit_hint(a, b)}")


def fit_hint(a: tuple, b: tuple) -> str:
    inner = (
        f"Hint: dimension {len(a) - 1} of the first factor ({a[-1]}) must equal dimension "
        f"{len(b) - 2} of the second ({b[-2]})"
    )
    fits = []
    if a[-1] == b[-1]:
        fits.append("a @ b.mT" if len(b) > 2 else "a @ b.T")
    if len(a) > 1 and a[-2] == b[-2]:
        fits.append("a.mT @ b" if len(a) > 2 else "a.T @ b")
    if not fits and len(a) > 1 and a[-2] == b[-1]:
        fits.append("b @ a" if len(a) == len(b) == 2 else "a.mT @ b.mT")
    if not fits and len(a) > 2 and b[-2] % a[-1] == 0 and math.prod(a[1:]) == b[-2]:
        fits.append("a.flatten(1) @ b")
    return f"{inner}; {' and '.join(fits)} would fit." if fits else f"{inner}."


def expanded(array: Array, shape: tuple) -> Array:
    """``array`` broadcast to ``shape``, or PyTorch's refusal."""
    if array.shape == shape:
        return array
    try:
        return np.broadcast_to(array, shape)
    except ValueError:
        raise expand_error(array.shape, shape, D.of(array.dtype).legacy) from None


# --- matrices ----------------------------------------------------------------------------------


@op("mm(input, mat2)", derivative={"input": "mm_nt(grad, mat2)", "mat2": "mm_tn(input, grad)"},
    lowering="contraction", formula=r"(AB)_{ij} = \sum_k A_{ik} B_{kj}")
def mm(input: Array, mat2: Array) -> Array:
    """The product of two matrices, (n, k) and (k, m)."""
    plain = input.dtype is mat2.dtype and input.dtype in BLAS_TYPES
    if plain and input.ndim == 2 == mat2.ndim and input.shape[1] == mat2.shape[0]:
        return multiplied(input, mat2)
    check_matrices(input, mat2)
    return product(input, mat2)


def check_matrices(a: Array, b: Array, names: tuple[str, str] = ("self", "mat2")) -> None:
    """Refuses what is no pair of matrices that can be multiplied."""
    for name, matrix in zip(names, (a, b), strict=True):
        if matrix.ndim != 2:
            raise RuntimeError(
                f"{name} must be a matrix\nHint: it has {matrix.ndim} dimension(s); matmul takes "
                "any number of them."
            )
    if a.shape[1] != b.shape[0]:
        raise shapes_error(a.shape, b.shape)
    same_types(a, b)
    if a.dtype.kind == "b":
        raise not_implemented("addmm_impl_cpu_", a.dtype)


@op("mm_nt(a, b)", derivative={"a": "mm(grad, b)", "b": "mm_tn(grad, a)"}, where="",
    lowering="contraction", formula=r"(AB^H)_{ij} = \sum_k A_{ik} \bar B_{jk}", node="MmBackward0")
def mm_nt(a: Array, b: Array) -> Array:
    """A times the adjoint of B."""
    return product(a, b.conj().T if b.dtype.kind == "c" else b.T)


@op("mm_tn(a, b)", derivative={"a": "mm_nt(b, grad)", "b": "mm(a, grad)"}, where="",
    lowering="contraction", formula=r"(A^HB)_{ij} = \sum_k \bar A_{ki} B_{kj}", node="MmBackward0")
def mm_tn(a: Array, b: Array) -> Array:
    """The adjoint of A times B."""
    return product(a.conj().T if a.dtype.kind == "c" else a.T, b)


@op("mv(input, vec)",
    derivative={"input": "outer(grad, conjugate(vec))", "vec": "mv(input.mH, grad)"},
    lowering="contraction", formula=r"(Ax)_i = \sum_k A_{ik} x_k")
def mv(input: Array, vec: Array) -> Array:
    """The product of a matrix (n, k) and a vector (k)."""
    if input.ndim != 2 or vec.ndim != 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {min(vec.ndim, 1)}, {input.ndim}, {vec.ndim}"
        )
    if input.shape[1] != vec.shape[0]:
        raise mv_error(input.shape[:1], input.shape, vec.shape)
    if input.dtype != vec.dtype:
        raise RuntimeError(
            "addmv input tensors must have the same dtype, but got "
            f"{title(vec.dtype)}, {title(input.dtype)}, and {title(vec.dtype)}\n"
            + conversion_hint(input, vec)
        )
    if input.dtype.kind == "b":
        raise not_implemented("addmv_impl_cpu", input.dtype)
    return product(input, vec)


def mv_error(input: tuple, mat: tuple, vec: tuple) -> RuntimeError:
    hint = f"Hint: the matrix has {mat[1]} columns, the vector {vec[0]} elements"
    if mat[0] == vec[0]:
        hint += "; the matrix's transpose (.T) would fit"
    return RuntimeError(
        f"size mismatch, got input ({input[0]}), mat ({mat[0]}x{mat[1]}), vec ({vec[0]})\n{hint}."
    )


@op("dot(input, tensor)",
    derivative={"input": "grad * conjugate(tensor)", "tensor": "grad * conjugate(input)"},
    lowering="contraction", formula=r"\sum_i x_i y_i")
def dot(input: Array, tensor: Array) -> Array:
    """The sum of the products of two vectors' elements."""
    check_vectors(input, tensor)
    return np.asarray(product(input, tensor))


@op("vdot(input, other)",
    derivative={"input": "conjugate(grad) * other", "other": "grad * input"},
    lowering="contraction", formula=r"\sum_i \bar x_i y_i")
def vdot(input: Array, other: Array) -> Array:
    """The inner product of two vectors: the first one's conjugate times the second."""
    check_vectors(input, other)
    return np.asarray(product(np.conj(input), other))


def check_vectors(a: Array, b: Array) -> None:
    if a.ndim != 1 or b.ndim != 1:
        raise RuntimeError(f"1D tensors expected, but got {a.ndim}D and {b.ndim}D tensors")
    if a.dtype != b.dtype:
        raise RuntimeError(
            "dot : expected both vectors to have same dtype, but found "
            f"{title(a.dtype)} and {title(b.dtype)}\n{conversion_hint(a, b)}"
        )
    if a.size != b.size:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a.size}] and src [{b.size}] to have the "
            f"same number of elements, but got {a.size} and {b.size} elements respectively"
        )
    if a.dtype.kind == "b":
        raise not_implemented("dot", a.dtype)


@op("bmm(input, mat2)",
    derivative={"input": "bmm(grad, mat2.mH)", "mat2": "bmm(input.mH, grad)"},
    lowering="contraction", formula=r"C_{nij} = \sum_k A_{nik} B_{nkj}")
def bmm(input: Array, mat2: Array) -> Array:
    """The products of the matrices of two batches, (b, n, k) and (b, k, m)."""
    for name, batch in (("batch1", input), ("batch2", mat2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    wanted = [input.shape[0], input.shape[2]]
    if list(mat2.shape[:2]) != wanted:
        raise bmm_error(wanted, mat2.shape)
    if input.dtype != mat2.dtype:
        raise scalar_type_error(input, mat2)
    if input.dtype.kind == "b":
        raise not_implemented("bmm", input.dtype)
    return product(input, mat2)


def bmm_error(wanted: list, shape: tuple) -> RuntimeError:
    text = (
        "Expected size for first two dimensions of batch2 tensor to be: "
        f"{wanted} but got: {list(shape[:2])}."
    )
    if shape[2] == wanted[1]:
        text += "\nHint: the second factor's transpose (.mT) would fit."
    return RuntimeError(text)


def scalar_type_error(a: Array, b: Array) -> RuntimeError:
    return RuntimeError(
        f"expected scalar type {title(a.dtype)} but found {title(b.dtype)}\n{conversion_hint(a, b)}"
    )


# --- any ranks ---------------------------------------------------------------------------------


@op("matmul_nd(input, other)",
    derivative={"input": "matmul_left_gradient(grad, input.shape, other)",
                "other": "matmul_right_gradient(grad, input, other.shape)"},
    where="", lowering="contraction", formula=r"C_{\ldots ij} = \sum_k A_{\ldots ik} B_{\ldots kj}",
    node="UnsafeViewBackward0")
def matmul_nd(input: Array, other: Array) -> Array:
    """The product of batches of matrices, whose leading dimensions broadcast."""
    a, b = input.shape, other.shape
    if other.ndim == 2:
        if a[-1] != b[0]:
            raise shapes_error(a, b, ((math.prod(a[:-1]), a[-1]), b))
        same_types(input, other)
        if input.dtype.kind == "b":
            raise not_implemented("addmm_impl_cpu_", input.dtype)
        return product(input.reshape(math.prod(a[:-1]), a[-1]), other).reshape(*a[:-1], b[1])
    batch = broadcast_shapes(a[:-2], b[:-2])
    if a[-1] != b[-2]:
        raise bmm_error([math.prod(batch), a[-1]], (math.prod(batch), *b[-2:]))
    if input.dtype != other.dtype:
        raise scalar_type_error(input, other)
    if input.dtype.kind == "b":
        raise not_implemented("bmm", input.dtype)
    return product(input, other)


def _left_gradient(grad: Tensor, shape: tuple, other: Tensor) -> Tensor:
    return TENSORS["sum_to_size"](matmul(grad, other.mH), shape)


def _right_gradient(grad: Tensor, input: Tensor, shape: tuple) -> Tensor:
    if len(shape) == 2:  # one matrix for the whole batch: a single product over all rows
        return ROWS["rows_product"].function(TENSORS["conjugate"](input), grad)
    return TENSORS["sum_to_size"](matmul(input.mH, grad), shape)


TENSORS["matmul_left_gradient"] = _left_gradient
TENSORS["matmul_right_gradient"] = _right_gradient


@op("rows_product(a, b)",
    derivative={"a": "matmul(conjugate(b), grad.mT)", "b": "matmul(conjugate(a), grad)"}, where="",
    lowering="contraction", formula=r"C_{ij} = \sum_n A_{ni} B_{nj}", node="MmBackward0")
def rows_product(a: Array, b: Array) -> Array:
    """The transpose of a times b, all leading dimensions counted as rows."""
    if a.ndim != 2:
        a = a.reshape(math.prod(a.shape[:-1]), a.shape[-1])
    if b.ndim != 2:
        b = b.reshape(a.shape[0], b.shape[-1])
    return product(a.T, b)


@composite("function method linalg", aliases=("linalg_matmul",))
def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them.

    Two vectors give a number, a matrix and a vector a vector, (..., n, k) and (..., k, m) give
    (..., n, m), with the leading dimensions broadcast. RuntimeError where the sizes do not fit.
    """
    if out is not None:
        return into(out, matmul, input, other)
    try:
        n, m = input._data.ndim, other._data.ndim
    except NoArray:
        return TENSORS["_matmul_of_sparse"](input, other)
    except AttributeError:
        raise no_tensor("matmul", ("input", input), ("other", other)) from None
    if n == 2 and m == 2:
        return execute(MM, (input, other))
    if n >= 2 and m >= 2:
        return execute(MATMUL, (input, other))
    if n == 0 or m == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D\n"
            "Hint: a * b multiplies by a number."
        )
    if n == 1 and m == 1:
        return execute(DOT, (input, other))
    if m == 1:
        if n == 2:
            return execute(MV, (input, other))
        rows = input.reshape(math.prod(input.shape[:-1]), input.shape[-1])
        return TENSORS["_unsafe_view"](execute(MV, (rows, other)), input._data.shape[:-1])
    result = matmul(input.unsqueeze(0), other)
    if m == 2:
        return result.squeeze(0)
    return TENSORS["_unsafe_view"](result, (*result._data.shape[:-2], result._data.shape[-1]))


MM, MATMUL, DOT, MV = (ROWS[name] for name in ("mm", "matmul_nd", "dot", "mv"))


def no_tensor(function: str, *arguments: tuple[str, Any]) -> TypeError:
    """The error for the first argument that is no tensor."""
    i, name, value = next(
        (i, name, v) for i, (name, v) in enumerate(arguments) if not isinstance(v, Tensor)
    )
    return TypeError(
        f"{function}(): argument '{name}' (position {i + 1}) must be Tensor, not "
        f"{type(value).__name__}"
    )


def into(out: Tensor, function: Any, *args: Any, **kwargs: Any) -> Tensor:
    """A composite's ``out=``: computes without recording, and writes the result."""
    from ..autograd.modes import mode

    before, mode.grad = mode.grad, False
    try:
        result = function(*args, **kwargs)
    finally:
        mode.grad = before
    write_out(out, result)
    return out


# --- a product added to a tensor ---------------------------------------------------------------

ADDED = "sum_to_size(scaled(grad, conjugate(beta)), input.shape)"  # the gradient of what is added


def _added(input: Array, result: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha result, where beta = 0 leaves the input unread."""
    dtype = input.dtype
    wide = accumulate_type(dtype)
    if alpha != 1:
        result = result * _number(alpha, wide)
    if beta != 0:
        shown = expanded(input, result.shape).astype(wide, copy=False)
        result = result + (shown if beta == 1 else shown * _number(beta, wide))
    else:
        expanded(input, result.shape)
    return result.astype(dtype, copy=False)


def _number(value: Any, dtype: np.dtype) -> Any:
    return dtype.type(int(value) if dtype.kind in "iu" else value)


def wide_product(a: Array, b: Array) -> Array:
    """The product before it is rounded to a half type."""
    wide = accumulate_type(a.dtype)
    return product(a.astype(wide, copy=False), b.astype(wide, copy=False))


@op("addmm(input, mat1, mat2, *, beta: Number = 1, alpha: Number = 1)",
    derivative={"input": ADDED, "mat1": "scaled(mm_nt(grad, mat2), conjugate(alpha))",
                "mat2": "scaled(mm_tn(mat1, grad), conjugate(alpha))"},
    lowering="contraction", formula=r"\beta X + \alpha AB", inplace=True)
def addmm(input: Array, mat1: Array, mat2: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha mat1 mat2; the input is broadcast to the product's shape."""
    for name, matrix in (("mat1", mat1), ("mat2", mat2)):
        if matrix.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix, got {matrix.ndim}-D tensor")
    if input.dtype != mat2.dtype:
        raise added_type_error("self", input, mat2)
    if mat1.dtype != mat2.dtype:
        raise added_type_error("mat1", mat1, mat2)
    check_matrices(mat1, mat2)
    return _added(input, wide_product(mat1, mat2), beta, alpha)


def added_type_error(name: str, a: Array, b: Array) -> RuntimeError:
    return RuntimeError(
        f"{name} and mat2 must have the same dtype, but got {title(a.dtype)} and "
        f"{title(b.dtype)}\n{conversion_hint(a, b)}"
    )


@op("addmv(input, mat, vec, *, beta: Number = 1, alpha: Number = 1)",
    derivative={"input": ADDED, "mat": "scaled(outer(grad, conjugate(vec)), conjugate(alpha))",
                "vec": "scaled(mv(mat.mH, grad), conjugate(alpha))"},
    lowering="contraction", formula=r"\beta x + \alpha A v", inplace=True)
def addmv(input: Array, mat: Array, vec: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha mat vec."""
    if mat.ndim != 2 or vec.ndim != 1 or input.ndim > 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {input.ndim}, {mat.ndim}, {vec.ndim}"
        )
    if mat.shape[1] != vec.shape[0] or input.size not in (1, mat.shape[0]):
        raise mv_error(input.shape if input.ndim else (1,), mat.shape, vec.shape)
    if not input.dtype == mat.dtype == vec.dtype:
        raise RuntimeError(
            "addmv input tensors must have the same dtype, but got "
            f"{title(input.dtype)}, {title(mat.dtype)}, and {title(vec.dtype)}"
        )
    if mat.dtype.kind == "b":
        raise not_implemented("addmv_impl_cpu", mat.dtype)
    return _added(input, wide_product(mat, vec), beta, alpha)


@op("addbmm(input, batch1, batch2, *, beta: Number = 1, alpha: Number = 1)",
    derivative={"input": ADDED,
                "batch1": "scaled(matmul(grad, batch2.mH), conjugate(alpha))",
                "batch2": "scaled(matmul(batch1.mH, grad), conjugate(alpha))"},
    lowering="contraction", formula=r"\beta X + \alpha \sum_n A_n B_n", inplace=True)
def addbmm(input: Array, batch1: Array, batch2: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha times the sum of the products of two batches' matrices."""
    _check_batches(batch1, batch2)
    if input.dtype != batch2.dtype:
        raise added_type_error("self", input, batch2)
    if batch1.dtype != batch2.dtype:
        raise added_type_error("mat1", batch1, batch2)
    if input.dtype.kind == "b":
        raise not_implemented("addmm_impl_cpu_", input.dtype)
    if input.dtype in dispatch.HALF:  # PyTorch rounds after each matrix of the batch
        for one, other in zip(batch1, batch2, strict=True):
            input, beta = _added(input, wide_product(one, other), beta, alpha), 1
        return input
    b, n, k = batch1.shape
    rows = batch1.transpose(1, 0, 2).reshape(n, b * k)  # one long product sums over the batch too
    return _added(input, wide_product(rows, batch2.reshape(b * k, batch2.shape[2])), beta, alpha)


def _check_batches(a: Array, b: Array) -> None:
    for name, batch in (("batch1", a), ("batch2", b)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    if a.shape[0] != b.shape[0]:
        raise RuntimeError(
            f"batch1 and batch2 must have same number of batches, got {a.shape[0]} and {b.shape[0]}"
        )
    if a.shape[2] != b.shape[1]:
        raise RuntimeError(
            f"Incompatible matrix sizes for bmm ({a.shape[1]}x{a.shape[2]} and "
            f"{b.shape[1]}x{b.shape[2]})\n{fit_hint(a.shape, b.shape)}"
        )


@op("baddbmm(input, batch1, batch2, *, beta: Number = 1, alpha: Number = 1)",
    derivative={"input": ADDED,
                "batch1": "scaled(bmm(grad, batch2.mH), conjugate(alpha))",
                "batch2": "scaled(bmm(batch1.mH, grad), conjugate(alpha))"},
    lowering="contraction", formula=r"\beta X_n + \alpha A_n B_n", inplace=True)
def baddbmm(input: Array, batch1: Array, batch2: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha times the products of two batches' matrices."""
    if not input.dtype == batch1.dtype == batch2.dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {cpp_name(input.dtype)}, batch1: "
            f"{cpp_name(batch1.dtype)}, batch2: {cpp_name(batch2.dtype)}"
        )
    for name, batch in (("batch1", batch1), ("batch2", batch2)):
        if batch.ndim != 3:
            raise RuntimeError(f"{name} must be a 3D tensor")
    expanded(input, (*batch1.shape[:2], batch2.shape[2]))
    wanted = [batch1.shape[0], batch1.shape[2]]
    if list(batch2.shape[:2]) != wanted:
        raise bmm_error(wanted, batch2.shape)
    if input.dtype.kind == "b":
        raise not_implemented("baddbmm", input.dtype)
    return _added(input, wide_product(batch1, batch2), beta, alpha)


@op("addr(input, vec1, vec2, *, beta: Number = 1, alpha: Number = 1)",
    derivative={"input": ADDED, "vec1": "scaled(mv(grad, conjugate(vec2)), conjugate(alpha))",
                "vec2": "scaled(mv(grad.mT, conjugate(vec1)), conjugate(alpha))"},
    rule=PROMOTE, lowering="contraction", formula=r"\beta X + \alpha u v^T", inplace=True)
def addr(input: Array, vec1: Array, vec2: Array, beta: Any, alpha: Any) -> Array:
    """beta input + alpha times the outer product of two vectors."""
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {vector.ndim}-D")
    if input.dtype.kind == "b":
        both = vec1[:, None] & vec2 & bool(alpha)
        return both | expanded(input, both.shape) if beta else both
    if input.dtype.kind in "iu" and (isinstance(beta, float) or isinstance(alpha, float)):
        name = "beta" if isinstance(beta, float) else "alpha"
        raise RuntimeError(
            f"For integral input tensors, argument {name} must not be a floating point number."
        )
    return _added(input, vec1[:, None] * vec2, beta, alpha)
