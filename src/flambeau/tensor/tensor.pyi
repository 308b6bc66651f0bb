"""Made by scripts/make_stubs.py from the operator table; not written by hand."""

from __future__ import annotations
import weakref
from typing import TYPE_CHECKING, Any
from .dtype import dtype as Dtype
from .generator import Generator

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
Number = int | float | complex | bool
from . import dtype as D
from .device import CPU, device
from .size import Size
from ..autograd.graph import Node
class Storage:
    """What a tensor shares with its views: a version, counted up at each write, and the views.

    ``views`` holds weak references to the views that take part in differentiation, so that a write
    into one of them can renew the history of all.
    """
    __slots__ = ('version', 'views', 'limit', '__weakref__')

    def __init__(self) -> None:
        ...

    def add_view(self, view: Tensor) -> None:
        ...
class Tensor:
    """A multi-dimensional array of one element type, which can record how it was computed."""
    _data: np.ndarray
    _storage: Storage | None = None
    _needs: bool = False
    _node: Node | None = None
    _nr: int = 0
    _base: Tensor | None = None
    _view_kind: str = ''
    _hooks: dict | None = None
    _post_hooks: dict | None = None
    _retains: bool = False
    _inference: bool = False
    _accumulate: Any
    _grad: Tensor | None = None
    __array_priority__ = 1000
    __hash__ = object.__hash__
    is_sparse = is_quantized = is_mkldnn = is_cuda = is_mps = is_meta = is_nested = False
    is_cpu = True
    names = property(lambda self: (None,) * self._data.ndim)

    def __new__(cls, data: Any=None, *args: Any, **kwargs: Any) -> Tensor:
        ...

    def __init__(self, *args: Any, **kwargs: Any):
        """``Tensor(2, 3)`` is uninitialised, ``Tensor([1, 2])`` holds the data, in default dtype."""

    @property
    def shape(self) -> Size:
        ...

    @property
    def ndim(self) -> int:
        ...

    @property
    def dtype(self) -> Dtype:
        ...

    @property
    def device(self) -> device:
        ...

    @property
    def layout(self) -> Any:
        ...

    @property
    def itemsize(self) -> int:
        ...

    @property
    def nbytes(self) -> int:
        ...

    @property
    def requires_grad(self) -> bool:
        ...

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        ...

    def requires_grad_(self, requires_grad: bool=True) -> Tensor:
        """Sets whether gradients are recorded for this tensor; floating-point leaves only."""

    @property
    def is_leaf(self) -> bool:
        ...

    @property
    def grad_fn(self) -> Node | None:
        ...

    @property
    def grad(self) -> Tensor | None:
        ...

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        ...

    @grad.deleter
    def grad(self) -> None:
        ...

    @property
    def output_nr(self) -> int:
        ...

    @property
    def _version(self) -> int:
        ...

    @property
    def data(self) -> Tensor:
        """The same memory without history, with a version of its own."""

    @data.setter
    def data(self, value: Tensor) -> None:
        ...

    def is_floating_point(self) -> bool:
        """Whether the element type is a floating-point type."""

    def is_complex(self) -> bool:
        """Whether the element type is complex."""

    def is_signed(self) -> bool:
        """Whether the element type has negative numbers."""

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference_mode."""

    def is_conj(self) -> bool:
        """False: conjugates are always computed at once here."""

    def is_neg(self) -> bool:
        """False: negations are always computed at once here."""

    def size(self, dim: int | None=None) -> Any:
        """The shape, or the length of one dimension."""

    def stride(self, dim: int | None=None) -> Any:
        """Steps between neighbours in each dimension, in elements."""

    def dim(self) -> int:
        """The number of dimensions."""
    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""

    def get_device(self) -> int:
        """-1: the CPU."""

    def data_ptr(self) -> int:
        """The address of the first element."""

    def storage_offset(self) -> int:
        """How many elements lie before the first one in the shared memory."""

    def untyped_storage(self) -> UntypedStorage:
        """The memory that this tensor and its views share."""

    def storage(self) -> UntypedStorage:
        """The memory that this tensor and its views share."""

    @property
    def T(self) -> Tensor:
        ...

    @property
    def mT(self) -> Tensor:
        ...

    @property
    def H(self) -> Tensor:
        ...

    @property
    def mH(self) -> Tensor:
        ...

    @property
    def real(self) -> Tensor:
        ...

    @real.setter
    def real(self, value: Tensor) -> None:
        ...

    @property
    def imag(self) -> Tensor:
        ...

    @imag.setter
    def imag(self, value: Tensor) -> None:
        ...

    def item(self) -> Any:
        """The only element, as a Python number."""

    def tolist(self) -> Any:
        """Nested Python lists of numbers; a number for a 0-d tensor."""

    def __bool__(self) -> bool:
        ...

    def __float__(self) -> float:
        ...

    def __int__(self) -> int:
        ...

    def __complex__(self) -> complex:
        ...

    def _number(self, what: str) -> Any:
        ...

    def __index__(self) -> int:
        ...

    def __len__(self) -> int:
        ...

    def __iter__(self) -> Any:
        ...

    def __contains__(self, element: Any) -> bool:
        ...

    def __repr__(self, *, tensor_contents: str | None=None) -> str:
        ...
    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        ...

    def numpy(self, *, force: bool=False) -> np.ndarray:
        """The tensor's array, sharing its memory."""

    def __array__(self, dtype: Any=None, copy: bool | None=None) -> np.ndarray:
        ...

    def __array_wrap__(self, array: Any, context: Any=None, return_scalar: bool=False) -> Tensor:
        ...

    def __dir__(self) -> list[str]:
        ...

    def __deepcopy__(self, memo: dict) -> Tensor:
        ...

    def __reduce_ex__(self, protocol: int) -> tuple:
        ...

    def __abs__(self) -> Tensor: ...

    def __add__(self, other: Any) -> Tensor: ...

    def __and__(self, other: Any) -> Tensor: ...

    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]

    def __floordiv__(self, other: Any) -> Tensor: ...

    def __ge__(self, other: Any) -> Tensor: ...

    def __getitem__(self, key: Any) -> Tensor: ...

    def __gt__(self, other: Any) -> Tensor: ...

    def __iadd__(self, other: Any) -> Tensor: ...

    def __iand__(self, other: Any) -> Tensor: ...

    def __ifloordiv__(self, other: Any) -> Tensor: ...

    def __ilshift__(self, other: Any) -> Tensor: ...

    def __imod__(self, other: Any) -> Tensor: ...

    def __imul__(self, other: Any) -> Tensor: ...

    def __invert__(self) -> Tensor: ...

    def __ior__(self, other: Any) -> Tensor: ...

    def __ipow__(self, other: Any) -> Tensor: ...

    def __irshift__(self, other: Any) -> Tensor: ...

    def __isub__(self, other: Any) -> Tensor: ...

    def __itruediv__(self, other: Any) -> Tensor: ...

    def __ixor__(self, other: Any) -> Tensor: ...

    def __le__(self, other: Any) -> Tensor: ...

    def __lshift__(self, other: Any) -> Tensor: ...

    def __lt__(self, other: Any) -> Tensor: ...

    def __matmul__(self, other: Any) -> Tensor: ...

    def __mod__(self, other: Any) -> Tensor: ...

    def __mul__(self, other: Any) -> Tensor: ...

    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]

    def __neg__(self) -> Tensor: ...

    def __or__(self, other: Any) -> Tensor: ...

    def __pos__(self) -> Tensor: ...

    def __pow__(self, other: Any) -> Tensor: ...

    def __radd__(self, other: Any) -> Tensor: ...

    def __rand__(self, other: Any) -> Tensor: ...

    def __rfloordiv__(self, other: Any) -> Tensor: ...

    def __rlshift__(self, other: Any) -> Tensor: ...

    def __rmatmul__(self, other: Any) -> Tensor: ...

    def __rmod__(self, other: Any) -> Tensor: ...

    def __rmul__(self, other: Any) -> Tensor: ...

    def __ror__(self, other: Any) -> Tensor: ...

    def __rpow__(self, other: Any) -> Tensor: ...

    def __rrshift__(self, other: Any) -> Tensor: ...

    def __rshift__(self, other: Any) -> Tensor: ...

    def __rsub__(self, other: Any) -> Tensor: ...

    def __rtruediv__(self, other: Any) -> Tensor: ...

    def __rxor__(self, other: Any) -> Tensor: ...

    def __setitem__(self, key: Any, value: Any) -> None: ...

    def __sub__(self, other: Any) -> Tensor: ...

    def __truediv__(self, other: Any) -> Tensor: ...

    def __xor__(self, other: Any) -> Tensor: ...

    def abs(self) -> Tensor:
        """Computes $|x|$."""

    def abs_(self) -> Tensor:
        """The same as abs, written into the tensor itself."""

    def absolute(self) -> Tensor:
        """Computes $|x|$."""

    def absolute_(self) -> Tensor:
        """The same as absolute, written into the tensor itself."""

    def acos(self) -> Tensor:
        r"""Computes $\arccos x$."""

    def acos_(self) -> Tensor:
        """The same as acos, written into the tensor itself."""

    def acosh(self) -> Tensor:
        r"""Computes $\operatorname{arcosh} x$."""

    def acosh_(self) -> Tensor:
        """The same as acosh, written into the tensor itself."""

    def add(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        r"""Computes $x + \alpha y$."""

    def add_(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        """The same as add, written into the tensor itself."""

    def addbmm(
        self,
        batch1: Tensor,
        batch2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """beta input + alpha times the sum of the products of two batches' matrices."""

    def addbmm_(
        self,
        batch1: Tensor,
        batch2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """The same as addbmm, written into the tensor itself."""

    def addcdiv(
        self,
        tensor1: Tensor | Number,
        tensor2: Tensor | Number,
        *,
        value: Number = 1,
    ) -> Tensor:
        r"""Computes $x + v\, \frac{a}{b}$."""

    def addcdiv_(
        self,
        tensor1: Tensor | Number,
        tensor2: Tensor | Number,
        *,
        value: Number = 1,
    ) -> Tensor:
        """The same as addcdiv, written into the tensor itself."""

    def addcmul(
        self,
        tensor1: Tensor | Number,
        tensor2: Tensor | Number,
        *,
        value: Number = 1,
    ) -> Tensor:
        r"""Computes $x + v\, a b$."""

    def addcmul_(
        self,
        tensor1: Tensor | Number,
        tensor2: Tensor | Number,
        *,
        value: Number = 1,
    ) -> Tensor:
        """The same as addcmul, written into the tensor itself."""

    def addmm(
        self,
        mat1: Tensor,
        mat2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """beta input + alpha mat1 mat2; the input is broadcast to the product's shape."""

    def addmm_(
        self,
        mat1: Tensor,
        mat2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """The same as addmm, written into the tensor itself."""

    def addmv(self, mat: Tensor, vec: Tensor, *, beta: Number = 1, alpha: Number = 1) -> Tensor:
        """beta input + alpha mat vec."""

    def addmv_(
        self,
        mat: Tensor,
        vec: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """The same as addmv, written into the tensor itself."""

    def addr(
        self,
        vec1: Tensor,
        vec2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """beta input + alpha times the outer product of two vectors."""

    def addr_(
        self,
        vec1: Tensor,
        vec2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """The same as addr, written into the tensor itself."""

    def adjoint(self) -> Tensor:
        """The last two dimensions transposed, complex numbers conjugated."""

    def all(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """Whether no element is zero, of all or over dimensions."""

    def amax(self, dim: int | Sequence[int] = (), keepdim: bool = False) -> Tensor:
        """The largest elements over dimensions, of all where none is named."""

    def amin(self, dim: int | Sequence[int] = (), keepdim: bool = False) -> Tensor:
        """The smallest elements over dimensions, of all where none is named."""

    def aminmax(
        self,
        *,
        dim: int | None = None,
        keepdim: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """The smallest and the largest elements, of all or over one dimension."""

    def angle(self) -> Tensor:
        r"""Computes $\arg x$."""

    def any(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        """Whether any element is not zero, of all or over dimensions."""

    def arccos(self) -> Tensor:
        r"""Computes $\arccos x$."""

    def arccos_(self) -> Tensor:
        """The same as arccos, written into the tensor itself."""

    def arccosh(self) -> Tensor:
        r"""Computes $\operatorname{arcosh} x$."""

    def arccosh_(self) -> Tensor:
        """The same as arccosh, written into the tensor itself."""

    def arcsin(self) -> Tensor:
        r"""Computes $\arcsin x$."""

    def arcsin_(self) -> Tensor:
        """The same as arcsin, written into the tensor itself."""

    def arcsinh(self) -> Tensor:
        r"""Computes $\operatorname{arsinh} x$."""

    def arcsinh_(self) -> Tensor:
        """The same as arcsinh, written into the tensor itself."""

    def arctan(self) -> Tensor:
        r"""Computes $\arctan x$."""

    def arctan2(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\operatorname{atan2}(y, x)$."""

    def arctan2_(self, other: Tensor | Number) -> Tensor:
        """The same as arctan2, written into the tensor itself."""

    def arctan_(self) -> Tensor:
        """The same as arctan, written into the tensor itself."""

    def arctanh(self) -> Tensor:
        r"""Computes $\operatorname{artanh} x$."""

    def arctanh_(self) -> Tensor:
        """The same as arctanh, written into the tensor itself."""

    def argmax(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The index of the largest element, of all (as if flat) or over ``dim``."""

    def argmin(self, dim: int | None = None, keepdim: bool = False) -> Tensor:
        """The index of the smallest element, of all (as if flat) or over ``dim``."""

    def as_strided(self, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
        """A view of the tensor's memory with any sizes, strides and offset, counted in
        elements."""

    def as_strided_(self, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
        """Gives the tensor itself other sizes and strides on its memory."""

    def as_strided_scatter(
        self,
        src: Tensor,
        size: Any,
        stride: Any,
        storage_offset: int | None = None,
    ) -> Tensor:
        """A copy of the tensor with ``src`` in a strided part of its memory."""

    def asin(self) -> Tensor:
        r"""Computes $\arcsin x$."""

    def asin_(self) -> Tensor:
        """The same as asin, written into the tensor itself."""

    def asinh(self) -> Tensor:
        r"""Computes $\operatorname{arsinh} x$."""

    def asinh_(self) -> Tensor:
        """The same as asinh, written into the tensor itself."""

    def atan(self) -> Tensor:
        r"""Computes $\arctan x$."""

    def atan2(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\operatorname{atan2}(y, x)$."""

    def atan2_(self, other: Tensor | Number) -> Tensor:
        """The same as atan2, written into the tensor itself."""

    def atan_(self) -> Tensor:
        """The same as atan, written into the tensor itself."""

    def atanh(self) -> Tensor:
        r"""Computes $\operatorname{artanh} x$."""

    def atanh_(self) -> Tensor:
        """The same as atanh, written into the tensor itself."""

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Adds the gradient of this tensor with respect to the leaves to their ``grad``."""

    def baddbmm(
        self,
        batch1: Tensor,
        batch2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """beta input + alpha times the products of two batches' matrices."""

    def baddbmm_(
        self,
        batch1: Tensor,
        batch2: Tensor,
        *,
        beta: Number = 1,
        alpha: Number = 1,
    ) -> Tensor:
        """The same as baddbmm, written into the tensor itself."""

    def bernoulli(self, p: Number | None = None, *, generator: Any = None) -> Tensor:
        """Ones drawn with the probabilities in ``input`` (or with ``p``), otherwise zeros."""

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Tensor:
        """Fills with ones, drawn with probability p, and zeros."""

    def bitwise_and(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \land y$."""

    def bitwise_and_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_and, written into the tensor itself."""

    def bitwise_left_shift(self, other: Tensor | Number) -> Tensor:
        """Computes $x 2^y$."""

    def bitwise_left_shift_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_left_shift, written into the tensor itself."""

    def bitwise_not(self) -> Tensor:
        r"""Computes $\lnot x$."""

    def bitwise_not_(self) -> Tensor:
        """The same as bitwise_not, written into the tensor itself."""

    def bitwise_or(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \lor y$."""

    def bitwise_or_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_or, written into the tensor itself."""

    def bitwise_right_shift(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\lfloor x 2^{-y} \rfloor$."""

    def bitwise_right_shift_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_right_shift, written into the tensor itself."""

    def bitwise_xor(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \oplus y$."""

    def bitwise_xor_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_xor, written into the tensor itself."""

    def bmm(self, mat2: Tensor) -> Tensor:
        """The products of the matrices of two batches, (b, n, k) and (b, k, m)."""

    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """A view expanded to a shape by the rules of broadcasting."""

    def cauchy_(self, median: float = 0, sigma: float = 1, *, generator: Any = None) -> Tensor:
        """Fills with numbers of the Cauchy distribution."""

    def ceil(self) -> Tensor:
        r"""Computes $\lceil x \rceil$."""

    def ceil_(self) -> Tensor:
        """The same as ceil, written into the tensor itself."""

    def chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

    def clamp(self, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
        """min where the input is smaller, max where it is larger, otherwise the input."""

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """The same as clamp, written into the tensor itself."""

    def clamp_max(self, max: Tensor | Number) -> Tensor:
        r"""Computes $\min(x, b)$."""

    def clamp_max_(self, max: Tensor | Number) -> Tensor:
        """The same as clamp_max, written into the tensor itself."""

    def clamp_min(self, min: Tensor | Number) -> Tensor:
        r"""Computes $\max(x, a)$."""

    def clamp_min_(self, min: Tensor | Number) -> Tensor:
        """The same as clamp_min, written into the tensor itself."""

    def clip(self, min: Any = None, max: Any = None, *, out: Tensor | None = None) -> Tensor:
        """min where the input is smaller, max where it is larger, otherwise the input."""

    def clip_(self, min: Any = None, max: Any = None) -> Tensor:
        """The same as clamp, written into the tensor itself."""

    def conj_physical(self) -> Tensor:
        r"""Computes $\bar x$."""

    def conj_physical_(self) -> Tensor:
        """The same as conj_physical, written into the tensor itself."""

    def copysign(self, other: Tensor | Number) -> Tensor:
        r"""Computes $|x| \operatorname{sign} y$."""

    def copysign_(self, other: Tensor | Number) -> Tensor:
        """The same as copysign, written into the tensor itself."""

    def cos(self) -> Tensor:
        r"""Computes $\cos x$."""

    def cos_(self) -> Tensor:
        """The same as cos, written into the tensor itself."""

    def cosh(self) -> Tensor:
        r"""Computes $\cosh x$."""

    def cosh_(self) -> Tensor:
        """The same as cosh, written into the tensor itself."""

    def count_nonzero(self, dim: int | Sequence[int] | None = None) -> Tensor:
        """How many elements are not zero, of all or over the dimensions ``dim``; int64."""

    def deg2rad(self) -> Tensor:
        r"""Computes $\frac{\pi}{180} x$."""

    def deg2rad_(self) -> Tensor:
        """The same as deg2rad, written into the tensor itself."""

    def diag(self, diagonal: int = 0, *, out: Tensor | None = None) -> Tensor:
        """A vector's matrix with it on the diagonal; a matrix's diagonal as a vector."""

    def diag_embed(self, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
        """Matrices, zero but for a diagonal, which is the input's last dimension."""

    def diagflat(self, offset: int = 0) -> Tensor:
        """A matrix with all the input's elements on its diagonal."""

    def diagonal(self, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
        """A view of the diagonal between two dimensions, as the last dimension."""

    def div(
        self,
        other: Any,
        *,
        rounding_mode: str | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """The same as div, written into the tensor itself."""

    def divide(
        self,
        other: Any,
        *,
        rounding_mode: str | None = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

    def divide_(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """The same as div, written into the tensor itself."""

    def dot(self, tensor: Tensor) -> Tensor:
        """The sum of the products of two vectors' elements."""

    def dsplit(
        self,
        indices_or_sections: Any = None,
        *,
        indices: Any = None,
        sections: Any = None,
    ) -> tuple[Tensor, ...]:
        """Splits along dimension 2."""

    def eq(self, other: Tensor | Number) -> Tensor:
        """Computes $x = y$."""

    def eq_(self, other: Tensor | Number) -> Tensor:
        """The same as eq, written into the tensor itself."""

    def erf(self) -> Tensor:
        r"""Computes $\operatorname{erf} x$."""

    def erf_(self) -> Tensor:
        """The same as erf, written into the tensor itself."""

    def erfc(self) -> Tensor:
        r"""Computes $\operatorname{erfc} x$."""

    def erfc_(self) -> Tensor:
        """The same as erfc, written into the tensor itself."""

    def exp(self) -> Tensor:
        """Computes $e^x$."""

    def exp2(self) -> Tensor:
        """Computes $2^x$."""

    def exp2_(self) -> Tensor:
        """The same as exp2, written into the tensor itself."""

    def exp_(self) -> Tensor:
        """The same as exp, written into the tensor itself."""

    def expand(self, *size: int | Sequence[int], implicit: bool = False) -> Tensor:
        """A view in which dimensions of size 1, and new ones in front, are repeated without a
        copy."""

    def expand_as(self, other: Tensor) -> Tensor:
        """A view expanded to another tensor's shape."""

    def expm1(self) -> Tensor:
        """Computes $e^x - 1$."""

    def expm1_(self) -> Tensor:
        """The same as expm1, written into the tensor itself."""

    def exponential_(self, lambd: float = 1, *, generator: Any = None) -> Tensor:
        """Fills with numbers of the exponential distribution of rate lambd."""

    def fix(self) -> Tensor:
        r"""Computes $\operatorname{trunc} x$."""

    def fix_(self) -> Tensor:
        """The same as fix, written into the tensor itself."""

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        """Makes one dimension of those from ``start_dim`` to ``end_dim``, both included."""

    def float_power(self, exponent: Tensor) -> Tensor:
        """input ** exponent in double precision."""

    def float_power_(self, exponent: Any) -> Tensor:
        """The same as float_power, written into the tensor itself."""

    def floor(self) -> Tensor:
        r"""Computes $\lfloor x \rfloor$."""

    def floor_(self) -> Tensor:
        """The same as floor, written into the tensor itself."""

    def floor_divide(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\lfloor x / y \rfloor$."""

    def floor_divide_(self, other: Tensor | Number) -> Tensor:
        """The same as floor_divide, written into the tensor itself."""

    def fmax(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\max(x, y)$."""

    def fmin(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\min(x, y)$."""

    def fmod(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x - y \operatorname{trunc}(x / y)$."""

    def fmod_(self, other: Tensor | Number) -> Tensor:
        """The same as fmod, written into the tensor itself."""

    def frac(self) -> Tensor:
        r"""Computes $x - \operatorname{trunc} x$."""

    def frac_(self) -> Tensor:
        """The same as frac, written into the tensor itself."""

    def gcd(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\gcd(x, y)$."""

    def gcd_(self, other: Tensor | Number) -> Tensor:
        """The same as gcd, written into the tensor itself."""

    def ge(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \ge y$."""

    def ge_(self, other: Tensor | Number) -> Tensor:
        """The same as ge, written into the tensor itself."""

    def geometric_(self, p: float, *, generator: Any = None) -> Tensor:
        """Fills with the number of tries until the first success of probability p."""

    def greater(self, other: Tensor | Number) -> Tensor:
        """Computes $x > y$."""

    def greater_(self, other: Tensor | Number) -> Tensor:
        """The same as greater, written into the tensor itself."""

    def greater_equal(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \ge y$."""

    def greater_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as greater_equal, written into the tensor itself."""

    def gt(self, other: Tensor | Number) -> Tensor:
        """Computes $x > y$."""

    def gt_(self, other: Tensor | Number) -> Tensor:
        """The same as gt, written into the tensor itself."""

    def heaviside(self, values: Tensor | Number) -> Tensor:
        """Computes $H(x)$."""

    def heaviside_(self, values: Tensor | Number) -> Tensor:
        """The same as heaviside, written into the tensor itself."""

    def hsplit(
        self,
        indices_or_sections: Any = None,
        *,
        indices: Any = None,
        sections: Any = None,
    ) -> tuple[Tensor, ...]:
        """Splits along columns: dimension 1, or 0 of a tensor with one dimension."""

    def hypot(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\sqrt{x^2 + y^2}$."""

    def hypot_(self, other: Tensor | Number) -> Tensor:
        """The same as hypot, written into the tensor itself."""

    def is_nonzero(self) -> bool:
        """Whether the only element is not zero."""

    def is_same_size(self, other: Tensor) -> bool:
        """Whether two tensors have the same shape."""

    def isfinite(self) -> Tensor:
        ...

    def isinf(self) -> Tensor:
        ...

    def isnan(self) -> Tensor:
        ...

    def isneginf(self) -> Tensor:
        r"""Computes $x = -\infty$."""

    def isposinf(self) -> Tensor:
        r"""Computes $x = \infty$."""

    def isreal(self) -> Tensor:
        """Whether each element has no imaginary part."""

    def lcm(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\operatorname{lcm}(x, y)$."""

    def lcm_(self, other: Tensor | Number) -> Tensor:
        """The same as lcm, written into the tensor itself."""

    def ldexp(self, other: Tensor | Number) -> Tensor:
        """Computes $x 2^y$."""

    def ldexp_(self, other: Tensor | Number) -> Tensor:
        """The same as ldexp, written into the tensor itself."""

    def le(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \le y$."""

    def le_(self, other: Tensor | Number) -> Tensor:
        """The same as le, written into the tensor itself."""

    def lerp(self, end: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """Computes $x + w (y - x)$."""

    def lerp_(self, end: Tensor | Number, weight: Tensor | Number) -> Tensor:
        """The same as lerp, written into the tensor itself."""

    def less(self, other: Tensor | Number) -> Tensor:
        """Computes $x < y$."""

    def less_(self, other: Tensor | Number) -> Tensor:
        """The same as less, written into the tensor itself."""

    def less_equal(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \le y$."""

    def less_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as less_equal, written into the tensor itself."""

    def linalg_matmul(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The matrix product: of vectors, matrices, or batches of them."""

    def log(self) -> Tensor:
        r"""Computes $\ln x$."""

    def log10(self) -> Tensor:
        r"""Computes $\log_{10} x$."""

    def log10_(self) -> Tensor:
        """The same as log10, written into the tensor itself."""

    def log1p(self) -> Tensor:
        r"""Computes $\ln(1 + x)$."""

    def log1p_(self) -> Tensor:
        """The same as log1p, written into the tensor itself."""

    def log2(self) -> Tensor:
        r"""Computes $\log_2 x$."""

    def log2_(self) -> Tensor:
        """The same as log2, written into the tensor itself."""

    def log_(self) -> Tensor:
        """The same as log, written into the tensor itself."""

    def log_normal_(self, mean: float = 1, std: float = 2, *, generator: Any = None) -> Tensor:
        """Fills with numbers whose logarithm is normally distributed."""

    def log_softmax(self, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
        r"""The logarithm of softmax, without overflow: :math:`x_i - \ln \sum_j e^{x_j}`."""

    def logaddexp(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\ln(e^x + e^y)$."""

    def logaddexp2(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\log_2(2^x + 2^y)$."""

    def logical_and(self, other: Tensor | Number) -> Tensor:
        ...

    def logical_and_(self, other: Tensor | Number) -> Tensor:
        """The same as logical_and, written into the tensor itself."""

    def logical_not(self) -> Tensor:
        r"""Computes $\lnot x$."""

    def logical_not_(self) -> Tensor:
        """The same as logical_not, written into the tensor itself."""

    def logical_or(self, other: Tensor | Number) -> Tensor:
        ...

    def logical_or_(self, other: Tensor | Number) -> Tensor:
        """The same as logical_or, written into the tensor itself."""

    def logical_xor(self, other: Tensor | Number) -> Tensor:
        ...

    def logical_xor_(self, other: Tensor | Number) -> Tensor:
        """The same as logical_xor, written into the tensor itself."""

    def logit(self, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
        """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

    def logsumexp(self, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
        """log(sum(exp(input))) over dimensions, without overflow."""

    def lt(self, other: Tensor | Number) -> Tensor:
        """Computes $x < y$."""

    def lt_(self, other: Tensor | Number) -> Tensor:
        """The same as lt, written into the tensor itself."""

    def matmul(self, other: Tensor, *, out: Tensor | None = None) -> Tensor:
        """The matrix product: of vectors, matrices, or batches of them."""

    def max(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        other: Any = None,
        out: Any = None,
    ) -> Any:
        """The largest element; over a dimension also its index; of two tensors element by
        element."""

    def maximum(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\max(x, y)$."""

    def mean(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        out: Tensor | None = None,
    ) -> Tensor:
        r"""The mean of all elements, or over the dimensions ``dim``: :math:`\frac{1}{n} \sum_i
        x_i`."""

    def min(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        other: Any = None,
        out: Any = None,
    ) -> Any:
        """The smallest element; over a dimension also its index; of two tensors element by
        element."""

    def minimum(self, other: Tensor | Number) -> Tensor:
        r"""Computes $\min(x, y)$."""

    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices, (n, k) and (k, m)."""

    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions moved to new places; the others keep their order."""

    def movedim(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions moved to new places; the others keep their order."""

    def mul(self, other: Tensor | Number) -> Tensor:
        """Computes $x y$."""

    def mul_(self, other: Tensor | Number) -> Tensor:
        """The same as mul, written into the tensor itself."""

    def multinomial(
        self,
        num_samples: int,
        replacement: bool = False,
        *,
        generator: Any = None,
    ) -> Tensor:
        """Row indices drawn with the weights in ``input``."""

    def multiply(self, other: Tensor | Number) -> Tensor:
        """Computes $x y$."""

    def multiply_(self, other: Tensor | Number) -> Tensor:
        """The same as multiply, written into the tensor itself."""

    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix (n, k) and a vector (k)."""

    def nanmean(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """The mean of the elements that are not nan; arguments as in ``mean``."""

    def nansum(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        out: Tensor | None = None,
    ) -> Tensor:
        """The sum of the elements that are not nan; arguments as in ``sum``."""

    def narrow(self, dim: int, start: int | Tensor, length: int) -> Tensor:
        """A view of ``length`` neighbours along a dimension from ``start`` on."""

    def narrow_copy(self, dim: int, start: int, length: int) -> Tensor:
        """A copy of ``length`` neighbours along a dimension from ``start`` on."""

    def ne(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \ne y$."""

    def ne_(self, other: Tensor | Number) -> Tensor:
        """The same as ne, written into the tensor itself."""

    def neg(self) -> Tensor:
        """Computes $-x$."""

    def neg_(self) -> Tensor:
        """The same as neg, written into the tensor itself."""

    def negative(self) -> Tensor:
        """Computes $-x$."""

    def negative_(self) -> Tensor:
        """The same as negative, written into the tensor itself."""

    def new_empty(self, *size: Any, dtype: Dtype | None = None, **options: Any) -> Tensor:
        """Uninitialised memory of this tensor's type."""

    def new_empty_strided(
        self,
        size: Sequence[int],
        stride: Sequence[int],
        dtype: Dtype | None = None,
        **options: Any,
    ) -> Tensor:
        """Uninitialised memory of this tensor's type, with given strides."""

    def new_full(
        self,
        size: Sequence[int],
        fill_value: Number,
        *,
        dtype: Dtype | None = None,
        **options: Any,
    ) -> Tensor:
        """A tensor of this one's type, filled with one number."""

    def new_ones(self, *size: Any, dtype: Dtype | None = None, **options: Any) -> Tensor:
        """Ones of this tensor's type."""

    def new_tensor(self, data: Any, *, dtype: Dtype | None = None, **options: Any) -> Tensor:
        """A tensor of the data, of this one's type."""

    def new_zeros(self, *size: Any, dtype: Dtype | None = None, **options: Any) -> Tensor:
        """Zeros of this tensor's type."""

    def nextafter(self, other: Tensor | Number) -> Tensor:
        ...

    def nextafter_(self, other: Tensor | Number) -> Tensor:
        """The same as nextafter, written into the tensor itself."""

    def normal_(self, mean: float = 0, std: float = 1, *, generator: Any = None) -> Tensor:
        """Fills with numbers of the normal distribution."""

    def not_equal(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \ne y$."""

    def not_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as not_equal, written into the tensor itself."""

    def permute(self, *dims: int | Sequence[int]) -> Tensor:
        """A view with its dimensions in the order given."""

    def poisson(self, generator: Any = None) -> Tensor:
        """Poisson-distributed counts of the given rates. The stream is not PyTorch's."""

    def positive(self) -> Tensor:
        """Computes $x$."""

    def pow(self, exponent: Tensor | Number) -> Tensor:
        """Computes $x^y$."""

    def pow_(self, exponent: Tensor | Number) -> Tensor:
        """The same as pow, written into the tensor itself."""

    def prod(
        self,
        dim: int | None = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        out: Tensor | None = None,
    ) -> Tensor:
        r"""The product of all elements, or over the dimension ``dim``: :math:`\prod_i x_i`."""

    def rad2deg(self) -> Tensor:
        r"""Computes $\frac{180}{\pi} x$."""

    def rad2deg_(self) -> Tensor:
        """The same as rad2deg, written into the tensor itself."""

    def random_(
        self,
        from_: Any = None,
        to: Any = None,
        *,
        generator: Any = None,
        **k: Any,
    ) -> Tensor:
        """Fills with whole numbers: below ``to``, from ``from_`` on, or of the type's whole
        range."""

    def ravel(self) -> Tensor:
        """All elements in one dimension."""

    def reciprocal(self) -> Tensor:
        r"""Computes $\frac{1}{x}$."""

    def reciprocal_(self) -> Tensor:
        """The same as reciprocal, written into the tensor itself."""

    def register_hook(self, hook: Callable) -> Any:
        """``hook(grad)`` runs when the gradient of this tensor is computed and may replace it."""

    def register_post_accumulate_grad_hook(self, hook: Callable) -> Any:
        """``hook(tensor)`` runs after a gradient has been added to this leaf's ``grad``."""

    def remainder(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x - y \lfloor x / y \rfloor$."""

    def remainder_(self, other: Tensor | Number) -> Tensor:
        """The same as remainder, written into the tensor itself."""

    def reshape(self, *sizes: Any, shape: Any = None) -> Tensor:
        """The elements, in their order, in another shape: a view where there is one, or a
        copy."""

    def reshape_as(self, other: Tensor) -> Tensor:
        """The elements in another tensor's shape."""

    def retain_grad(self) -> None:
        """Has the backward pass keep this tensor's gradient in ``grad``, as it does for
        leaves."""

    @property
    def retains_grad(self) -> Any: ...

    def round(self, *, decimals: int = 0) -> Tensor:
        """Rounds to the nearest number of so many decimals, halves to even."""

    def round_(self, *, decimals: int = 0) -> Tensor:
        """The same as round, written into the tensor itself."""

    def rsqrt(self) -> Tensor:
        """Computes $x^{-1/2}$."""

    def rsqrt_(self) -> Tensor:
        """The same as rsqrt, written into the tensor itself."""

    def rsub(self, other: Any, *, alpha: Any = 1) -> Tensor:
        """other - alpha input."""

    def select(self, dim: int, index: int) -> Tensor:
        """A view of the slice at ``index`` of a dimension, without that dimension."""

    def sgn(self) -> Tensor:
        """Computes $x / |x|$."""

    def sgn_(self) -> Tensor:
        """The same as sgn, written into the tensor itself."""

    def sigmoid(self) -> Tensor:
        r"""Computes $\frac{1}{1 + e^{-x}}$."""

    def sigmoid_(self) -> Tensor:
        """The same as sigmoid, written into the tensor itself."""

    def sign(self) -> Tensor:
        r"""Computes $\operatorname{sign} x$."""

    def sign_(self) -> Tensor:
        """The same as sign, written into the tensor itself."""

    def signbit(self) -> Tensor:
        ...

    def sin(self) -> Tensor:
        r"""Computes $\sin x$."""

    def sin_(self) -> Tensor:
        """The same as sin, written into the tensor itself."""

    def sinc(self) -> Tensor:
        r"""Computes $\frac{\sin \pi x}{\pi x}$."""

    def sinc_(self) -> Tensor:
        """The same as sinc, written into the tensor itself."""

    def sinh(self) -> Tensor:
        r"""Computes $\sinh x$."""

    def sinh_(self) -> Tensor:
        """The same as sinh, written into the tensor itself."""

    def softmax(self, dim: int, dtype: Any = None, *, out: Tensor | None = None) -> Tensor:
        r"""Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \sum_j e^{x_j}`."""

    def special_logit(self, eps: float | None = None, *, out: Tensor | None = None) -> Tensor:
        """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

    def split(
        self,
        split_size_or_sections: Any = None,
        dim: int = 0,
        *,
        split_size: Any = None,
    ) -> tuple[Tensor, ...]:
        """Views of parts along a dimension: of one size (the last may be smaller), or of given
        sizes."""

    def split_with_sizes(self, split_sizes: int | Sequence[int], dim: int = 0) -> Tensor:
        """Views of neighbours along a dimension, as many as each size says."""

    def sqrt(self) -> Tensor:
        r"""Computes $\sqrt{x}$."""

    def sqrt_(self) -> Tensor:
        """The same as sqrt, written into the tensor itself."""

    def square(self) -> Tensor:
        """Computes $x^2$."""

    def square_(self) -> Tensor:
        """The same as square, written into the tensor itself."""

    def squeeze(self, dim: Any = None) -> Tensor:
        """A view without the dimensions of size 1 (those of ``dim`` alone, where given)."""

    def squeeze_(self, dim: Any = None) -> Tensor:
        """Takes dimensions of size 1 out of the tensor itself."""

    def sub(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        r"""Computes $x - \alpha y$."""

    def sub_(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        """The same as sub, written into the tensor itself."""

    def subtract(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        r"""Computes $x - \alpha y$."""

    def subtract_(self, other: Tensor | Number, *, alpha: Number = 1) -> Tensor:
        """The same as subtract, written into the tensor itself."""

    def sum(
        self,
        dim: Any = None,
        keepdim: bool = False,
        *,
        dtype: Any = None,
        out: Tensor | None = None,
    ) -> Tensor:
        r"""The sum of all elements, or over the dimensions ``dim``: :math:`\sum_i x_i`."""

    def sum_to_size(self, *size: int | Sequence[int]) -> Tensor:
        """Sums over the dimensions in which ``size`` is 1 or has none: the transpose of
        expand."""

    def swapaxes(self, axis0: int, axis1: int) -> Tensor:
        """The same as transpose."""

    def swapaxes_(self, axis0: int, axis1: int) -> Tensor:
        """The same as transpose_."""

    def swapdims(self, dim0: int, dim1: int) -> Tensor:
        """The same as transpose."""

    def swapdims_(self, dim0: int, dim1: int) -> Tensor:
        """Changes the places of two dimensions of the tensor itself."""

    def t(self) -> Tensor:
        """The transposed matrix, as a view; tensors with 0 or 1 dimensions stay as they are."""

    def t_(self) -> Tensor:
        """Transposes the matrix itself."""

    def tan(self) -> Tensor:
        r"""Computes $\tan x$."""

    def tan_(self) -> Tensor:
        """The same as tan, written into the tensor itself."""

    def tanh(self) -> Tensor:
        r"""Computes $\tanh x$."""

    def tanh_(self) -> Tensor:
        """The same as tanh, written into the tensor itself."""

    def tensor_split(
        self,
        indices_or_sections: Any = None,
        dim: int = 0,
        *,
        indices: Any = None,
        sections: int | None = None,
    ) -> tuple[Tensor, ...]:
        """Views of parts along a dimension: so many of nearly one size, or cut at given
        indices."""

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """A view with two dimensions in each other's place."""

    def transpose_(self, dim0: int, dim1: int) -> Tensor:
        """Changes the places of two dimensions of the tensor itself."""

    def true_divide(self, other: Any, *, out: Tensor | None = None) -> Tensor:
        """input / other."""

    def true_divide_(self, other: Any) -> Tensor:
        """The same as true_divide, written into the tensor itself."""

    def trunc(self) -> Tensor:
        r"""Computes $\operatorname{trunc} x$."""

    def trunc_(self) -> Tensor:
        """The same as trunc, written into the tensor itself."""

    def unbind(self, dim: int = 0) -> Tensor:
        """The slices along a dimension, as views without that dimension."""

    def unflatten(self, dim: int, sizes: Any) -> Tensor:
        """Makes several dimensions of one; their sizes multiply to its size, one may be -1."""

    def unfold(self, dimension: int, size: int, step: int) -> Tensor:
        """A view of all windows of a size along a dimension; the window is the new last
        dimension."""

    def uniform_(
        self,
        from_: float = 0,
        to: float = 1,
        *,
        generator: Any = None,
        **k: Any,
    ) -> Tensor:
        """Fills with numbers drawn evenly from [from, to)."""

    def unsafe_chunk(self, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
        """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

    def unsafe_split(self, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
        """The same as split."""

    def unsafe_split_with_sizes(self, split_sizes: Any, dim: int = 0) -> tuple[Tensor, ...]:
        """The same as split_with_sizes."""

    def unsqueeze(self, dim: int) -> Tensor:
        """A view with a new dimension of size 1 at ``dim``."""

    def unsqueeze_(self, dim: int) -> Tensor:
        """Gives the tensor itself a new dimension of size 1."""

    def vdot(self, other: Tensor) -> Tensor:
        """The inner product of two vectors: the first one's conjugate times the second."""

    def view(self, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
        """The same memory in another shape, or read as another element type."""

    def view_as(self, other: Tensor) -> Tensor:
        """A view in another tensor's shape."""

    def vsplit(
        self,
        indices_or_sections: Any = None,
        *,
        indices: Any = None,
        sections: Any = None,
    ) -> tuple[Tensor, ...]:
        """Splits along rows, dimension 0."""

    def xlogy(self, other: Tensor | Number) -> Tensor:
        r"""Computes $x \ln y$."""

    def xlogy_(self, other: Tensor | Number) -> Tensor:
        """The same as xlogy, written into the tensor itself."""

def wrap(array: np.ndarray) -> Tensor:
    """A tensor around an array, without a copy and without history."""
def storage_of(t: Tensor) -> Storage:
    """The storage record of a tensor, made on first use."""
def bump(t: Tensor) -> None:
    """Counts a write into the tensor's memory."""
def make_view(source: Tensor, array: np.ndarray) -> Tensor:
    """A tensor around a view of another's array: shared version, known base."""
def alias(source: Tensor) -> Tensor:
    """The same memory and version without history: what ``detach`` gives."""
class UntypedStorage:
    """The memory under a tensor, as far as programs ask for it."""

    def __init__(self, array: np.ndarray):
        ...

    def data_ptr(self) -> int:
        """The address of the first byte."""

    def nbytes(self) -> int:
        """The size in bytes."""
    size = nbytes

    def __len__(self) -> int:
        ...

    def __eq__(self, other: object) -> bool:
        ...

    def __hash__(self) -> int:
        ...
def _strides(a: np.ndarray) -> tuple[int, ...]:
    """Strides in elements; NumPy's, made contiguous-looking where PyTorch would show so."""
def _rebuild(cls: type, bits: np.ndarray, name: str, needs: bool, extra: dict) -> Tensor:
    ...
def _warn_once_about_conversion() -> None:
    ...
def _warn_about_grad_of_non_leaf() -> None:
    ...
def _check_grad(t: Tensor, value: Tensor) -> None:
    ...
