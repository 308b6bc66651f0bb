"""Made by scripts/make_stubs.py from the operator table; not written by hand."""


from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Number = int | float | complex | bool

from . import ops as ops
from .tensor.device import device as device
from .tensor.dtype import dtype as dtype, finfo as finfo, get_default_dtype as get_default_dtype, iinfo as iinfo, set_default_dtype as set_default_dtype
from .tensor.formats import channels_last as channels_last, channels_last_3d as channels_last_3d, contiguous_format as contiguous_format, layout as layout, memory_format as memory_format, preserve_format as preserve_format, sparse_coo as sparse_coo, sparse_csr as sparse_csr, strided as strided
from .tensor.size import Size as Size
from .tensor.tensor import Tensor as Tensor
from . import autograd as autograd
from .autograd.modes import enable_grad as enable_grad, inference_mode as inference_mode, is_grad_enabled as is_grad_enabled, is_inference_mode_enabled as is_inference_mode_enabled, no_grad as no_grad, set_grad_enabled as set_grad_enabled
from .tensor.generator import Generator as Generator, default_generator as default_generator, get_rng_state as get_rng_state, initial_seed as initial_seed, manual_seed as manual_seed, seed as seed, set_rng_state as set_rng_state
from .tensor.promotion import can_cast as can_cast, promote_types as promote_types
from . import app as app
from . import backends as backends
from . import cuda as cuda
from . import fft as fft
from . import io as io
from . import linalg as linalg
from . import nn as nn
from . import optim as optim
from . import random as random
from . import special as special
from . import torch_alias as torch_alias
from . import vision as vision
from .backends.threads import get_num_interop_threads as get_num_interop_threads
from .backends.threads import get_num_threads as get_num_threads
from .io import load as load
from .io import save as save
from .backends.threads import set_num_interop_threads as set_num_interop_threads
from .backends.threads import set_num_threads as set_num_threads
from .tensor.dtype import dtype as Dtype

bool: Dtype
uint8: Dtype
int8: Dtype
int16: Dtype
int32: Dtype
int64: Dtype
float16: Dtype
bfloat16: Dtype
float32: Dtype
float64: Dtype
complex64: Dtype
complex128: Dtype
half: Dtype
float: Dtype
double: Dtype
short: Dtype
int: Dtype
long: Dtype
cfloat: Dtype
cdouble: Dtype
__version__: str
pi: float
inf: float
nan: float
e: float
newaxis: None
_MODULES: frozenset[str]
_LAZY: dict[str, str]

def abs(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $|x|$."""

def abs_(input: Tensor) -> Tensor:
    """The same as abs, written into the tensor itself."""

def absolute(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $|x|$."""

def absolute_(input: Tensor) -> Tensor:
    """The same as absolute, written into the tensor itself."""

def acos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arccos x$."""

def acos_(input: Tensor) -> Tensor:
    """The same as acos, written into the tensor itself."""

def acosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{arcosh} x$."""

def acosh_(input: Tensor) -> Tensor:
    """The same as acosh, written into the tensor itself."""

def add(
    input: Tensor,
    other: Tensor | Number,
    *,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x + \alpha y$."""

def add_(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """The same as add, written into the tensor itself."""

def addbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """beta input + alpha times the sum of the products of two batches' matrices."""

def addbmm_(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """The same as addbmm, written into the tensor itself."""

def addcdiv(
    input: Tensor,
    tensor1: Tensor | Number,
    tensor2: Tensor | Number,
    *,
    value: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x + v\, \frac{a}{b}$."""

def addcdiv_(
    input: Tensor,
    tensor1: Tensor | Number,
    tensor2: Tensor | Number,
    *,
    value: Number = 1,
) -> Tensor:
    """The same as addcdiv, written into the tensor itself."""

def addcmul(
    input: Tensor,
    tensor1: Tensor | Number,
    tensor2: Tensor | Number,
    *,
    value: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x + v\, a b$."""

def addcmul_(
    input: Tensor,
    tensor1: Tensor | Number,
    tensor2: Tensor | Number,
    *,
    value: Number = 1,
) -> Tensor:
    """The same as addcmul, written into the tensor itself."""

def addmm(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """beta input + alpha mat1 mat2; the input is broadcast to the product's shape."""

def addmm_(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """The same as addmm, written into the tensor itself."""

def addmv(
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """beta input + alpha mat vec."""

def addmv_(
    input: Tensor,
    mat: Tensor,
    vec: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """The same as addmv, written into the tensor itself."""

def addr(
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """beta input + alpha times the outer product of two vectors."""

def addr_(
    input: Tensor,
    vec1: Tensor,
    vec2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """The same as addr, written into the tensor itself."""

def adjoint(input: Tensor) -> Tensor:
    """The last two dimensions transposed, complex numbers conjugated."""

def all(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether no element is zero, of all or over dimensions."""

def amax(
    input: Tensor,
    dim: int | Sequence[int] = (),
    keepdim: bool = False,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The largest elements over dimensions, of all where none is named."""

def amin(
    input: Tensor,
    dim: int | Sequence[int] = (),
    keepdim: bool = False,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The smallest elements over dimensions, of all where none is named."""

def aminmax(
    input: Tensor,
    *,
    dim: int | None = None,
    keepdim: bool = False,
    out: Tensor | Sequence[Tensor] | None = None,
) -> tuple[Tensor, Tensor]:
    """The smallest and the largest elements, of all or over one dimension."""

def angle(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arg x$."""

def any(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether any element is not zero, of all or over dimensions."""

def arange(
    start: Number,
    end: Number | None = None,
    step: Number = 1,
    *,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers from ``start`` (0 if left out) up to, not including, ``end``."""

def arccos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arccos x$."""

def arccos_(input: Tensor) -> Tensor:
    """The same as arccos, written into the tensor itself."""

def arccosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{arcosh} x$."""

def arccosh_(input: Tensor) -> Tensor:
    """The same as arccosh, written into the tensor itself."""

def arcsin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arcsin x$."""

def arcsin_(input: Tensor) -> Tensor:
    """The same as arcsin, written into the tensor itself."""

def arcsinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{arsinh} x$."""

def arcsinh_(input: Tensor) -> Tensor:
    """The same as arcsinh, written into the tensor itself."""

def arctan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arctan x$."""

def arctan2(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\operatorname{atan2}(y, x)$."""

def arctan2_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as arctan2, written into the tensor itself."""

def arctan_(input: Tensor) -> Tensor:
    """The same as arctan, written into the tensor itself."""

def arctanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{artanh} x$."""

def arctanh_(input: Tensor) -> Tensor:
    """The same as arctanh, written into the tensor itself."""

def argmax(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The index of the largest element, of all (as if flat) or over ``dim``."""

def argmin(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The index of the smallest element, of all (as if flat) or over ``dim``."""

def as_strided(
    input: Tensor,
    size: Any,
    stride: Any,
    storage_offset: int | None = None,
) -> Tensor:
    """A view of the tensor's memory with any sizes, strides and offset, counted in elements."""

def as_strided_(
    input: Tensor,
    size: Any,
    stride: Any,
    storage_offset: int | None = None,
) -> Tensor:
    """Gives the tensor itself other sizes and strides on its memory."""

def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Any,
    stride: Any,
    storage_offset: int | None = None,
) -> Tensor:
    """A copy of the tensor with ``src`` in a strided part of its memory."""

def as_tensor(data: Any, dtype: Dtype | None = None, device: Any = None) -> Tensor:
    """The data as a tensor, sharing memory with tensors and arrays where the type allows."""

def asarray(
    obj: Any,
    *,
    dtype: Dtype | None = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """The object as a tensor; ``copy`` says whether memory must, may or must not be copied."""

def asin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arcsin x$."""

def asin_(input: Tensor) -> Tensor:
    """The same as asin, written into the tensor itself."""

def asinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{arsinh} x$."""

def asinh_(input: Tensor) -> Tensor:
    """The same as asinh, written into the tensor itself."""

def atan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\arctan x$."""

def atan2(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\operatorname{atan2}(y, x)$."""

def atan2_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as atan2, written into the tensor itself."""

def atan_(input: Tensor) -> Tensor:
    """The same as atan, written into the tensor itself."""

def atanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{artanh} x$."""

def atanh_(input: Tensor) -> Tensor:
    """The same as atanh, written into the tensor itself."""

def baddbmm(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """beta input + alpha times the products of two batches' matrices."""

def baddbmm_(
    input: Tensor,
    batch1: Tensor,
    batch2: Tensor,
    *,
    beta: Number = 1,
    alpha: Number = 1,
) -> Tensor:
    """The same as baddbmm, written into the tensor itself."""

def bernoulli(
    input: Tensor,
    p: Number | None = None,
    *,
    generator: Any = None,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Ones drawn with the probabilities in ``input`` (or with ``p``), otherwise zeros."""

def bilinear(
    input1: Tensor,
    input2: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    """x1^T W_o x2 + b_o for each output o."""

def bitwise_and(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \land y$."""

def bitwise_and_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_and, written into the tensor itself."""

def bitwise_left_shift(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x 2^y$."""

def bitwise_left_shift_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_left_shift, written into the tensor itself."""

def bitwise_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\lnot x$."""

def bitwise_not_(input: Tensor) -> Tensor:
    """The same as bitwise_not, written into the tensor itself."""

def bitwise_or(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \lor y$."""

def bitwise_or_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_or, written into the tensor itself."""

def bitwise_right_shift(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\lfloor x 2^{-y} \rfloor$."""

def bitwise_right_shift_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_right_shift, written into the tensor itself."""

def bitwise_xor(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \oplus y$."""

def bitwise_xor_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as bitwise_xor, written into the tensor itself."""

def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The products of the matrices of two batches, (b, n, k) and (b, k, m)."""

def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors, all expanded to the shape that they have together."""

def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """A view expanded to a shape by the rules of broadcasting."""

def ceil(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\lceil x \rceil$."""

def ceil_(input: Tensor) -> Tensor:
    """The same as ceil, written into the tensor itself."""

def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

def clamp(
    input: Tensor,
    min: Any = None,
    max: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """min where the input is smaller, max where it is larger, otherwise the input."""

def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The same as clamp, written into the tensor itself."""

def clamp_max(
    input: Tensor,
    max: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\min(x, b)$."""

def clamp_max_(input: Tensor, max: Tensor | Number) -> Tensor:
    """The same as clamp_max, written into the tensor itself."""

def clamp_min(
    input: Tensor,
    min: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\max(x, a)$."""

def clamp_min_(input: Tensor, min: Tensor | Number) -> Tensor:
    """The same as clamp_min, written into the tensor itself."""

def clip(
    input: Tensor,
    min: Any = None,
    max: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """min where the input is smaller, max where it is larger, otherwise the input."""

def clip_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The same as clamp, written into the tensor itself."""

def complex(real: Tensor, imag: Tensor, *, out: Tensor | None = None) -> Tensor:
    """real + i imag."""

def conj_physical(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\bar x$."""

def conj_physical_(input: Tensor) -> Tensor:
    """The same as conj_physical, written into the tensor itself."""

def copysign(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $|x| \operatorname{sign} y$."""

def copysign_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as copysign, written into the tensor itself."""

def cos(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\cos x$."""

def cos_(input: Tensor) -> Tensor:
    """The same as cos, written into the tensor itself."""

def cosh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\cosh x$."""

def cosh_(input: Tensor) -> Tensor:
    """The same as cosh, written into the tensor itself."""

def count_nonzero(
    input: Tensor,
    dim: int | Sequence[int] | None = None,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """How many elements are not zero, of all or over the dimensions ``dim``; int64."""

def deg2rad(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\frac{\pi}{180} x$."""

def deg2rad_(input: Tensor) -> Tensor:
    """The same as deg2rad, written into the tensor itself."""

def diag(input: Tensor, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
    """A vector's matrix with it on the diagonal; a matrix's diagonal as a vector."""

def diag_embed(
    input: Tensor,
    offset: int = 0,
    dim1: int = -2,
    dim2: int = -1,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Matrices, zero but for a diagonal, which is the input's last dimension."""

def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """A matrix with all the input's elements on its diagonal."""

def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """A view of the diagonal between two dimensions, as the last dimension."""

def diagonal_copy(
    input: Tensor,
    offset: int = 0,
    dim1: int = 0,
    dim2: int = 1,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """A copy of the diagonal between two dimensions."""

def div(
    input: Tensor,
    other: Any,
    *,
    rounding_mode: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

def divide(
    input: Tensor,
    other: Any,
    *,
    rounding_mode: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

def dot(
    input: Tensor,
    tensor: Tensor,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The sum of the products of two vectors' elements."""

def dsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Splits along dimension 2."""

def empty(
    *size: Any,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
    names: Any = None,
) -> Tensor:
    """A tensor of the given shape with arbitrary contents."""

def empty_like(
    input: Tensor,
    *,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """An uninitialised tensor of another's shape and type."""

def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    **options: Any,
) -> Tensor:
    """An uninitialised tensor whose dimensions lie in memory in the order given."""

def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """An uninitialised tensor with given strides."""

def eq(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x = y$."""

def eq_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as eq, written into the tensor itself."""

def erf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{erf} x$."""

def erf_(input: Tensor) -> Tensor:
    """The same as erf, written into the tensor itself."""

def erfc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{erfc} x$."""

def erfc_(input: Tensor) -> Tensor:
    """The same as erfc, written into the tensor itself."""

def exp(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $e^x$."""

def exp2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $2^x$."""

def exp2_(input: Tensor) -> Tensor:
    """The same as exp2, written into the tensor itself."""

def exp_(input: Tensor) -> Tensor:
    """The same as exp, written into the tensor itself."""

def expm1(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $e^x - 1$."""

def expm1_(input: Tensor) -> Tensor:
    """The same as expm1, written into the tensor itself."""

def eye(
    n: int,
    m: int | None = None,
    *,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""

def fix(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{trunc} x$."""

def fix_(input: Tensor) -> Tensor:
    """The same as fix, written into the tensor itself."""

def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Makes one dimension of those from ``start_dim`` to ``end_dim``, both included."""

def float_power(
    input: Tensor,
    exponent: Tensor,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """input ** exponent in double precision."""

def floor(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\lfloor x \rfloor$."""

def floor_(input: Tensor) -> Tensor:
    """The same as floor, written into the tensor itself."""

def floor_divide(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\lfloor x / y \rfloor$."""

def floor_divide_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as floor_divide, written into the tensor itself."""

def fmax(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\max(x, y)$."""

def fmin(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\min(x, y)$."""

def fmod(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x - y \operatorname{trunc}(x / y)$."""

def fmod_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as fmod, written into the tensor itself."""

def frac(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $x - \operatorname{trunc} x$."""

def frac_(input: Tensor) -> Tensor:
    """The same as frac, written into the tensor itself."""

def from_numpy(array: Any) -> Tensor:
    """A tensor on the array's own memory."""

def frombuffer(
    buffer: Any,
    *,
    dtype: Dtype,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Tensor:
    """A 1-d tensor on a buffer's memory."""

def full(
    size: Sequence[int],
    fill_value: Number,
    *,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
) -> Tensor:
    """A tensor of the given shape filled with one number."""

def full_like(
    input: Tensor,
    fill_value: Number,
    *,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of another's shape and type, filled with one number."""

def gcd(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\gcd(x, y)$."""

def gcd_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as gcd, written into the tensor itself."""

def ge(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \ge y$."""

def ge_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ge, written into the tensor itself."""

def greater(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x > y$."""

def greater_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as greater, written into the tensor itself."""

def greater_equal(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \ge y$."""

def greater_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as greater_equal, written into the tensor itself."""

def gt(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x > y$."""

def gt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as gt, written into the tensor itself."""

def heaviside(
    input: Tensor,
    values: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $H(x)$."""

def heaviside_(input: Tensor, values: Tensor | Number) -> Tensor:
    """The same as heaviside, written into the tensor itself."""

def hsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Splits along columns: dimension 1, or 0 of a tensor with one dimension."""

def hypot(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\sqrt{x^2 + y^2}$."""

def hypot_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as hypot, written into the tensor itself."""

def imag(input: Tensor) -> Tensor:
    """The imaginary part of a complex tensor, as a view."""

def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero."""

def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape."""

def isfinite(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    ...

def isinf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    ...

def isnan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    ...

def isneginf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $x = -\infty$."""

def isposinf(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $x = \infty$."""

def isreal(input: Tensor) -> Tensor:
    """Whether each element has no imaginary part."""

def lcm(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\operatorname{lcm}(x, y)$."""

def lcm_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as lcm, written into the tensor itself."""

def ldexp(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x 2^y$."""

def ldexp_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ldexp, written into the tensor itself."""

def le(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \le y$."""

def le_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as le, written into the tensor itself."""

def lerp(
    input: Tensor,
    end: Tensor | Number,
    weight: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x + w (y - x)$."""

def lerp_(input: Tensor, end: Tensor | Number, weight: Tensor | Number) -> Tensor:
    """The same as lerp, written into the tensor itself."""

def less(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x < y$."""

def less_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as less, written into the tensor itself."""

def less_equal(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \le y$."""

def less_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as less_equal, written into the tensor itself."""

def linalg_matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""

def linspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    *,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``steps`` numbers at equal distances, both ends included."""

def log(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\ln x$."""

def log10(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\log_{10} x$."""

def log10_(input: Tensor) -> Tensor:
    """The same as log10, written into the tensor itself."""

def log1p(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\ln(1 + x)$."""

def log1p_(input: Tensor) -> Tensor:
    """The same as log1p, written into the tensor itself."""

def log2(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\log_2 x$."""

def log2_(input: Tensor) -> Tensor:
    """The same as log2, written into the tensor itself."""

def log_(input: Tensor) -> Tensor:
    """The same as log, written into the tensor itself."""

def log_softmax(
    input: Tensor,
    dim: int,
    dtype: Any = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    r"""The logarithm of softmax, without overflow: :math:`x_i - \ln \sum_j e^{x_j}`."""

def logaddexp(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\ln(e^x + e^y)$."""

def logaddexp2(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\log_2(2^x + 2^y)$."""

def logical_and(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    ...

def logical_and_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_and, written into the tensor itself."""

def logical_not(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\lnot x$."""

def logical_not_(input: Tensor) -> Tensor:
    """The same as logical_not, written into the tensor itself."""

def logical_or(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    ...

def logical_or_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_or, written into the tensor itself."""

def logical_xor(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    ...

def logical_xor_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as logical_xor, written into the tensor itself."""

def logit(input: Tensor, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def logspace(
    start: Number | Tensor,
    end: Number | Tensor,
    steps: int,
    base: float = 10.0,
    *,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``steps`` powers of ``base``, exponents at equal distances, both ends included."""

def logsumexp(
    input: Tensor,
    dim: int | Sequence[int],
    keepdim: bool = False,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """log(sum(exp(input))) over dimensions, without overflow."""

def lt(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x < y$."""

def lt_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as lt, written into the tensor itself."""

def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product: of vectors, matrices, or batches of them."""

def max(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Any = None,
    out: Any = None,
) -> Any:
    """The largest element; over a dimension also its index; of two tensors element by element."""

def maximum(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\max(x, y)$."""

def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The mean of all elements, or over the dimensions ``dim``: :math:`\frac{1}{n} \sum_i
    x_i`."""

def min(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Any = None,
    out: Any = None,
) -> Any:
    """The smallest element; over a dimension also its index; of two tensors element by
    element."""

def minimum(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $\min(x, y)$."""

def mm(input: Tensor, mat2: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of two matrices, (n, k) and (k, m)."""

def moveaxis(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions moved to new places; the others keep their order."""

def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """A view with some dimensions moved to new places; the others keep their order."""

def mul(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x y$."""

def mul_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as mul, written into the tensor itself."""

def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Any = None,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Row indices drawn with the weights in ``input``."""

def multiply(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x y$."""

def multiply_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as multiply, written into the tensor itself."""

def mv(input: Tensor, vec: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """The product of a matrix (n, k) and a vector (k)."""

def nanmean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """The mean of the elements that are not nan; arguments as in ``mean``."""

def nansum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    """The sum of the elements that are not nan; arguments as in ``sum``."""

def narrow(input: Tensor, dim: int, start: int | Tensor, length: int) -> Tensor:
    """A view of ``length`` neighbours along a dimension from ``start`` on."""

def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A copy of ``length`` neighbours along a dimension from ``start`` on."""

def ne(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \ne y$."""

def ne_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as ne, written into the tensor itself."""

def neg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $-x$."""

def neg_(input: Tensor) -> Tensor:
    """The same as neg, written into the tensor itself."""

def negative(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $-x$."""

def negative_(input: Tensor) -> Tensor:
    """The same as negative, written into the tensor itself."""

def nextafter(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    ...

def nextafter_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as nextafter, written into the tensor itself."""

def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Normally distributed numbers with given means and standard deviations."""

def not_equal(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \ne y$."""

def not_equal_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as not_equal, written into the tensor itself."""

def ones(
    *size: Any,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
) -> Tensor:
    """A tensor of ones of the given shape."""

def ones_like(
    input: Tensor,
    *,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones of another tensor's shape and type."""

def permute(input: Tensor, *dims: int | Sequence[int]) -> Tensor:
    """A view with its dimensions in the order given."""

def poisson(
    input: Tensor,
    generator: Any = None,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Poisson-distributed counts of the given rates. The stream is not PyTorch's."""

def polar(abs: Tensor, angle: Tensor, *, out: Tensor | None = None) -> Tensor:
    """abs (cos angle + i sin angle)."""

def positive(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $x$."""

def pow(
    input: Tensor,
    exponent: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Computes $x^y$."""

def pow_(input: Tensor, exponent: Tensor | Number) -> Tensor:
    """The same as pow, written into the tensor itself."""

def prod(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The product of all elements, or over the dimension ``dim``: :math:`\prod_i x_i`."""

def rad2deg(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\frac{180}{\pi} x$."""

def rad2deg_(input: Tensor) -> Tensor:
    """The same as rad2deg, written into the tensor itself."""

def rand(
    *size: Any,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
    **named: Any,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""

def rand_like(input: Tensor, **options: Any) -> Tensor:
    """Numbers drawn evenly from [0, 1), of another tensor's shape and type."""

def randint(
    *args: Any,
    low: int = 0,
    high: int | None = None,
    size: Any = None,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from [low, high): ``randint(high, size)``, ``randint(low,
    high, size)``."""

def randint_like(
    input: Tensor,
    *args: int,
    low: int = 0,
    high: int | None = None,
    **options: Any,
) -> Tensor:
    """Whole numbers drawn evenly from [low, high), of another tensor's shape and type."""

def randn(
    *size: Any,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
    **named: Any,
) -> Tensor:
    """Numbers of the standard normal distribution."""

def randn_like(input: Tensor, **options: Any) -> Tensor:
    """Standard normal numbers, of another tensor's shape and type."""

def randperm(
    n: int,
    *,
    generator: Any = None,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The numbers 0 … n-1 in random order."""

def range(start: Number, end: Number, step: Number = 1, **options: Any) -> Tensor:
    """Like arange with the end included, in the default type."""

def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""

def real(input: Tensor) -> Tensor:
    """The real part: a view of a complex tensor, a real tensor itself."""

def reciprocal(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\frac{1}{x}$."""

def reciprocal_(input: Tensor) -> Tensor:
    """The same as reciprocal, written into the tensor itself."""

def remainder(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x - y \lfloor x / y \rfloor$."""

def remainder_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as remainder, written into the tensor itself."""

def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The elements, in their order, in another shape: a view where there is one, or a copy."""

def round(
    input: Tensor,
    *,
    decimals: int = 0,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """Rounds to the nearest number of so many decimals, halves to even."""

def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The same as round, written into the tensor itself."""

def rsqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $x^{-1/2}$."""

def rsqrt_(input: Tensor) -> Tensor:
    """The same as rsqrt, written into the tensor itself."""

def rsub(input: Tensor, other: Any, *, alpha: Any = 1) -> Tensor:
    """other - alpha input."""

def scalar_tensor(
    s: Any,
    *,
    dtype: Dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A 0-d tensor of a number, in the default type."""

def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of the slice at ``index`` of a dimension, without that dimension."""

def sgn(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $x / |x|$."""

def sgn_(input: Tensor) -> Tensor:
    """The same as sgn, written into the tensor itself."""

def sigmoid(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\frac{1}{1 + e^{-x}}$."""

def sigmoid_(input: Tensor) -> Tensor:
    """The same as sigmoid, written into the tensor itself."""

def sign(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{sign} x$."""

def sign_(input: Tensor) -> Tensor:
    """The same as sign, written into the tensor itself."""

def signbit(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    ...

def sin(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\sin x$."""

def sin_(input: Tensor) -> Tensor:
    """The same as sin, written into the tensor itself."""

def sinc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\frac{\sin \pi x}{\pi x}$."""

def sinc_(input: Tensor) -> Tensor:
    """The same as sinc, written into the tensor itself."""

def sinh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\sinh x$."""

def sinh_(input: Tensor) -> Tensor:
    """The same as sinh, written into the tensor itself."""

def softmax(input: Tensor, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
    r"""Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \sum_j e^{x_j}`."""

def special_logit(
    input: Tensor,
    eps: float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

def split(
    tensor: Tensor,
    split_size_or_sections: Any = None,
    dim: int = 0,
    *,
    split_size: Any = None,
) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: of one size (the last may be smaller), or of given
    sizes."""

def split_with_sizes(input: Tensor, split_sizes: int | Sequence[int], dim: int = 0) -> Tensor:
    """Views of neighbours along a dimension, as many as each size says."""

def sqrt(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\sqrt{x}$."""

def sqrt_(input: Tensor) -> Tensor:
    """The same as sqrt, written into the tensor itself."""

def square(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    """Computes $x^2$."""

def square_(input: Tensor) -> Tensor:
    """The same as square, written into the tensor itself."""

def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """A view without the dimensions of size 1 (those of ``dim`` alone, where given)."""

def sub(
    input: Tensor,
    other: Tensor | Number,
    *,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x - \alpha y$."""

def sub_(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """The same as sub, written into the tensor itself."""

def subtract(
    input: Tensor,
    other: Tensor | Number,
    *,
    alpha: Number = 1,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x - \alpha y$."""

def subtract_(input: Tensor, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
    """The same as subtract, written into the tensor itself."""

def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    out: Tensor | None = None,
) -> Tensor:
    r"""The sum of all elements, or over the dimensions ``dim``: :math:`\sum_i x_i`."""

def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The same as transpose."""

def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The same as transpose."""

def t(input: Tensor) -> Tensor:
    """The transposed matrix, as a view; tensors with 0 or 1 dimensions stay as they are."""

def tan(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\tan x$."""

def tan_(input: Tensor) -> Tensor:
    """The same as tan, written into the tensor itself."""

def tanh(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\tanh x$."""

def tanh_(input: Tensor) -> Tensor:
    """The same as tanh, written into the tensor itself."""

def tensor(
    data: Any,
    *,
    dtype: Dtype | None = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new tensor that holds a copy of the data: numbers, nested sequences, arrays, tensors."""

def tensor_split(
    input: Tensor,
    indices_or_sections: Any = None,
    dim: int = 0,
    *,
    indices: Any = None,
    sections: int | None = None,
) -> tuple[Tensor, ...]:
    """Views of parts along a dimension: so many of nearly one size, or cut at given indices."""

def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """A view with two dimensions in each other's place."""

def true_divide(input: Tensor, other: Any, *, out: Tensor | None = None) -> Tensor:
    """input / other."""

def trunc(input: Tensor, *, out: Tensor | Sequence[Tensor] | None = None) -> Tensor:
    r"""Computes $\operatorname{trunc} x$."""

def trunc_(input: Tensor) -> Tensor:
    """The same as trunc, written into the tensor itself."""

def unbind(input: Tensor, dim: int = 0) -> Tensor:
    """The slices along a dimension, as views without that dimension."""

def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Makes several dimensions of one; their sizes multiply to its size, one may be -1."""

def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

def unsafe_split(input: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The same as split."""

def unsafe_split_with_sizes(
    input: Tensor,
    split_sizes: Any,
    dim: int = 0,
) -> tuple[Tensor, ...]:
    """The same as split_with_sizes."""

def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """A view with a new dimension of size 1 at ``dim``."""

def vdot(
    input: Tensor,
    other: Tensor,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    """The inner product of two vectors: the first one's conjugate times the second."""

def view_as_complex(input: Tensor) -> Tensor:
    """A real tensor whose last dimension holds real and imaginary parts, as a complex tensor."""

def view_as_real(input: Tensor) -> Tensor:
    """A complex tensor's memory as real and imaginary parts, in a new last dimension of size
    2."""

def vsplit(
    input: Tensor,
    indices_or_sections: Any = None,
    *,
    indices: Any = None,
    sections: Any = None,
) -> tuple[Tensor, ...]:
    """Splits along rows, dimension 0."""

def xlogy(
    input: Tensor,
    other: Tensor | Number,
    *,
    out: Tensor | Sequence[Tensor] | None = None,
) -> Tensor:
    r"""Computes $x \ln y$."""

def xlogy_(input: Tensor, other: Tensor | Number) -> Tensor:
    """The same as xlogy, written into the tensor itself."""

def zeros(
    *size: Any,
    out: Tensor | None = None,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
) -> Tensor:
    """A tensor of zeros of the given shape."""

def zeros_like(
    input: Tensor,
    *,
    dtype: Dtype | None = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros of another tensor's shape and type."""

def result_type(tensor1: object, tensor2: object) -> Dtype:
    """The type that arithmetic between two tensors or numbers has."""

def is_tensor(obj: object) -> bool:
    """Whether the object is a tensor."""

def is_floating_point(input: Tensor) -> bool:
    """Whether the element type is a floating-point type."""

def is_complex(input: Tensor) -> bool:
    """Whether the element type is complex."""

def numel(input: Tensor) -> int:
    """The number of elements."""

def broadcast_shapes(*shapes: object) -> Any:
    """The shape that tensors of the given shapes have together."""
