"""Made by scripts/make_stubs.py from the operator table; not written by hand."""
import builtins
from __future__ import annotations
import weakref
from typing import TYPE_CHECKING, Any
from .dtype import dtype as Dtype
from .generator import Generator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
import numpy as np
Number = builtins.int | builtins.float | builtins.complex | builtins.bool
from . import dtype as D
from . import reading
from .device import CPU, device
from .memory import UntypedStorage, address, root_of, strides_of
from .recording import changes, recorders, unrepeatable
from .size import Size, unchecked
from ..autograd.graph import Node

class NoArray(NotImplementedError, AttributeError):
    """A tensor was asked for its array and has none: a sparse one. The door looks for another way.

    It is an AttributeError as well, so that the short ways hand over to the general one.
    """

class Clock:
    """Counts the runs of a program that writes into many tensors at once."""
    __slots__ = ('runs',)

    def __init__(self) -> None:
        ...
    runs: Any

class Storage:
    """What a tensor shares with its views: a version, counted up at each write, and the views.

    ``views`` holds weak references to the views that take part in differentiation, so that a write
    into one of them can renew the history of all.
    """
    __slots__ = ('version', 'views', 'limit', 'clock', '__weakref__')
    clock: Clock

    def __init__(self) -> None:
        ...

    def add_view(self, view: Tensor) -> None:
        ...

    def follow(self, clock: Clock) -> builtins.bool:
        """Has the version count a clock's runs as well; False where it follows another clock."""

    def leave(self) -> None:
        """Has the version count on by itself, where it followed a clock."""
    version: Any
    views: Any
    limit: Any
_version: Any = Storage.__dict__['version']

class _Following(Storage):
    """A storage whose version also counts a clock's runs: one addition for all that follow it."""
    __slots__ = ()

    @property
    def version(self) -> builtins.int:
        ...

    @version.setter
    def version(self, value: builtins.int) -> None:
        ...

class Tensor:
    """A multi-dimensional array of one element type, which can record how it was computed."""
    _data: np.ndarray
    _storage: Storage | None = None
    _needs: builtins.bool = False
    _node: Node | None = None
    _nr: builtins.int = 0
    _base: Tensor | None = None
    _view_kind: str = ''
    _hooks: dict | None = None
    _post_hooks: dict | None = None
    _retains: builtins.bool = False
    _inference: builtins.bool = False
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
        """``Tensor(2, 3)`` is uninitialised, ``Tensor([1, 2])`` holds data; in default dtype."""

    @property
    def shape(self) -> Size:
        ...

    @property
    def ndim(self) -> builtins.int:
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
    def itemsize(self) -> builtins.int:
        ...

    @property
    def nbytes(self) -> builtins.int:
        ...

    @property
    def requires_grad(self) -> builtins.bool:
        ...

    @requires_grad.setter
    def requires_grad(self, value: builtins.bool) -> None:
        ...

    def requires_grad_(self, requires_grad: builtins.bool=True) -> Tensor:
        """Sets whether gradients are recorded for this tensor; floating-point leaves only."""

    @property
    def is_leaf(self) -> builtins.bool:
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
    def output_nr(self) -> builtins.int:
        ...

    @property
    def _version(self) -> builtins.int:
        ...

    @property
    def data(self) -> Tensor:
        """The same memory without history, with a version of its own."""

    @data.setter
    def data(self, value: Tensor) -> None:
        ...

    def is_floating_point(self) -> builtins.bool:
        """Whether the element type is a floating-point type."""

    def is_complex(self) -> builtins.bool:
        """Whether the element type is complex."""

    def is_signed(self) -> builtins.bool:
        """Whether the element type has negative numbers."""

    def is_inference(self) -> builtins.bool:
        """Whether the tensor was made in inference_mode."""

    def is_conj(self) -> builtins.bool:
        """False: conjugates are always computed at once here."""

    def is_neg(self) -> builtins.bool:
        """False: negations are always computed at once here."""

    def size(self, dim: builtins.int | None=None) -> Any:
        """The shape, or the length of one dimension."""

    def stride(self, dim: builtins.int | None=None) -> Any:
        """Steps between neighbours in each dimension, in elements."""

    def dim(self) -> builtins.int:
        """The number of dimensions."""
    ndimension = dim

    def numel(self) -> builtins.int:
        """The number of elements."""
    nelement = numel

    def element_size(self) -> builtins.int:
        """Bytes of one element."""

    def get_device(self) -> builtins.int:
        """-1: the CPU."""

    def data_ptr(self) -> builtins.int:
        """The address of the first element."""

    def storage_offset(self) -> builtins.int:
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
    item = reading.item
    tolist = reading.tolist
    numpy = reading.numpy
    __array__ = reading.__array__
    __bool__ = reading.__bool__
    __float__ = reading.__float__
    __int__ = reading.__int__
    __complex__ = reading.__complex__
    __index__ = reading.__index__
    __repr__ = __str__ = reading.__repr__
    __format__ = reading.__format__

    def __len__(self) -> builtins.int:
        ...

    def __iter__(self) -> Any:
        ...

    def __contains__(self, element: Any) -> builtins.bool:
        ...
    _shown_as = 'tensor'

    def __init_subclass__(cls, **options: Any) -> None:
        ...

    def __array_wrap__(self, array: Any, context: Any=None, return_scalar: builtins.bool=False) -> Tensor:
        ...

    def __dir__(self) -> list[str]:
        ...

    def __deepcopy__(self, memo: dict) -> Tensor:
        ...

    def __reduce_ex__(self, protocol: builtins.int) -> tuple:
        ...

    def __abs__(self) -> Tensor:
        ...

    def __add__(self, other: Any) -> Tensor:
        ...

    def __and__(self, other: Any) -> Tensor:
        ...

    def __div__(self, other: Any) -> Tensor:
        """self / other."""

    def __eq__(self, other: Any) -> Tensor:
        ...

    def __floordiv__(self, other: Any) -> Tensor:
        ...

    def __ge__(self, other: Any) -> Tensor:
        ...

    def __getitem__(self, key: Any) -> Tensor:
        ...

    def __gt__(self, other: Any) -> Tensor:
        ...

    def __iadd__(self, other: Any) -> Tensor:
        ...

    def __iand__(self, other: Any) -> Tensor:
        ...

    def __idiv__(self, other: Any) -> Tensor:
        """self / other, written into the tensor itself."""

    def __ifloordiv__(self, other: Any) -> Tensor:
        ...

    def __ilshift__(self, other: Any) -> Tensor:
        ...

    def __imod__(self, other: Any) -> Tensor:
        ...

    def __imul__(self, other: Any) -> Tensor:
        ...

    def __invert__(self) -> Tensor:
        ...

    def __ior__(self, other: Any) -> Tensor:
        ...

    def __ipow__(self, other: Any) -> Tensor:
        ...

    def __irshift__(self, other: Any) -> Tensor:
        ...

    def __isub__(self, other: Any) -> Tensor:
        ...

    def __itruediv__(self, other: Any) -> Tensor:
        ...

    def __ixor__(self, other: Any) -> Tensor:
        ...

    def __le__(self, other: Any) -> Tensor:
        ...

    def __lshift__(self, other: Any) -> Tensor:
        ...

    def __lt__(self, other: Any) -> Tensor:
        ...

    def __matmul__(self, other: Any) -> Tensor:
        ...

    def __mod__(self, other: Any) -> Tensor:
        ...

    def __mul__(self, other: Any) -> Tensor:
        ...

    def __ne__(self, other: Any) -> Tensor:
        ...

    def __neg__(self) -> Tensor:
        ...

    def __or__(self, other: Any) -> Tensor:
        ...

    def __pos__(self) -> Tensor:
        ...

    def __pow__(self, other: Any) -> Tensor:
        ...

    def __radd__(self, other: Any) -> Tensor:
        ...

    def __rand__(self, other: Any) -> Tensor:
        ...

    def __rdiv__(self, other: Any) -> Tensor:
        """other / self."""

    def __rfloordiv__(self, other: Any) -> Tensor:
        ...

    def __rlshift__(self, other: Any) -> Tensor:
        ...

    def __rmatmul__(self, other: Any) -> Tensor:
        ...

    def __rmod__(self, other: Any) -> Tensor:
        ...

    def __rmul__(self, other: Any) -> Tensor:
        ...

    def __ror__(self, other: Any) -> Tensor:
        ...

    def __rpow__(self, other: Any) -> Tensor:
        ...

    def __rrshift__(self, other: Any) -> Tensor:
        ...

    def __rshift__(self, other: Any) -> Tensor:
        ...

    def __rsub__(self, other: Any) -> Tensor:
        ...

    def __rtruediv__(self, other: Any) -> Tensor:
        ...

    def __rxor__(self, other: Any) -> Tensor:
        ...

    def __setitem__(self, key: Any, value: Any) -> None:
        ...

    def __sub__(self, other: Any) -> Tensor:
        ...

    def __truediv__(self, other: Any) -> Tensor:
        ...

    def __xor__(self, other: Any) -> Tensor:
        ...

    def _indices(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def _nnz(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def _values(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def abs(self) -> Tensor:
        """Computes $|x|$."""

    def abs_(self) -> Tensor:
        """The same as abs, written into the tensor itself."""

    def absolute(self) -> Tensor:
        """Computes $|x|$."""

    def absolute_(self) -> Tensor:
        """The same as absolute, written into the tensor itself."""

    def acos(self) -> Tensor:
        """Computes $\\arccos x$."""

    def acos_(self) -> Tensor:
        """The same as acos, written into the tensor itself."""

    def acosh(self) -> Tensor:
        """Computes $\\operatorname{arcosh} x$."""

    def acosh_(self) -> Tensor:
        """The same as acosh, written into the tensor itself."""

    def add(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """Computes $x + \\alpha y$."""

    def add_(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """The same as add, written into the tensor itself."""

    def addbmm(self, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """beta input + alpha times the sum of the products of two batches' matrices."""

    def addbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """The same as addbmm, written into the tensor itself."""

    def addcdiv(self, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
        """Computes $x + v\\, \\frac{a}{b}$."""

    def addcdiv_(self, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
        """The same as addcdiv, written into the tensor itself."""

    def addcmul(self, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
        """Computes $x + v\\, a b$."""

    def addcmul_(self, tensor1: Tensor | Number, tensor2: Tensor | Number, *, value: Number=1) -> Tensor:
        """The same as addcmul, written into the tensor itself."""

    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """beta input + alpha mat1 mat2; the input is broadcast to the product's shape."""

    def addmm_(self, mat1: Tensor, mat2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """The same as addmm, written into the tensor itself."""

    def addmv(self, mat: Tensor, vec: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """beta input + alpha mat vec."""

    def addmv_(self, mat: Tensor, vec: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """The same as addmv, written into the tensor itself."""

    def addr(self, vec1: Tensor, vec2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """beta input + alpha times the outer product of two vectors."""

    def addr_(self, vec1: Tensor, vec2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """The same as addr, written into the tensor itself."""

    def adjoint(self) -> Tensor:
        """The last two dimensions transposed, complex numbers conjugated."""

    def all(self, dim: Any=None, keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
        """Whether no element is zero, of all or over dimensions."""

    def allclose(self, other: Tensor, rtol: builtins.float=1e-05, atol: builtins.float=1e-08, equal_nan: builtins.bool=False) -> builtins.bool:
        """Whether all elements are nearly equal, as a bool; see ``isclose``."""

    def amax(self, dim: builtins.int | Sequence[builtins.int]=(), keepdim: builtins.bool=False) -> Tensor:
        """The largest elements over dimensions, of all where none is named."""

    def amin(self, dim: builtins.int | Sequence[builtins.int]=(), keepdim: builtins.bool=False) -> Tensor:
        """The smallest elements over dimensions, of all where none is named."""

    def aminmax(self, *, dim: builtins.int | None=None, keepdim: builtins.bool=False) -> tuple[Tensor, Tensor]:
        """The smallest and the largest elements, of all or over one dimension."""

    def angle(self) -> Tensor:
        """Computes $\\arg x$."""

    def any(self, dim: Any=None, keepdim: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
        """Whether any element is not zero, of all or over dimensions."""

    def arccos(self) -> Tensor:
        """Computes $\\arccos x$."""

    def arccos_(self) -> Tensor:
        """The same as arccos, written into the tensor itself."""

    def arccosh(self) -> Tensor:
        """Computes $\\operatorname{arcosh} x$."""

    def arccosh_(self) -> Tensor:
        """The same as arccosh, written into the tensor itself."""

    def arcsin(self) -> Tensor:
        """Computes $\\arcsin x$."""

    def arcsin_(self) -> Tensor:
        """The same as arcsin, written into the tensor itself."""

    def arcsinh(self) -> Tensor:
        """Computes $\\operatorname{arsinh} x$."""

    def arcsinh_(self) -> Tensor:
        """The same as arcsinh, written into the tensor itself."""

    def arctan(self) -> Tensor:
        """Computes $\\arctan x$."""

    def arctan2(self, other: Tensor | Number) -> Tensor:
        """Computes $\\operatorname{atan2}(y, x)$."""

    def arctan2_(self, other: Tensor | Number) -> Tensor:
        """The same as arctan2, written into the tensor itself."""

    def arctan_(self) -> Tensor:
        """The same as arctan, written into the tensor itself."""

    def arctanh(self) -> Tensor:
        """Computes $\\operatorname{artanh} x$."""

    def arctanh_(self) -> Tensor:
        """The same as arctanh, written into the tensor itself."""

    def argmax(self, dim: builtins.int | None=None, keepdim: builtins.bool=False) -> Tensor:
        """The index of the largest element, of all (as if they were flat) or over ``dim``."""

    def argmin(self, dim: builtins.int | None=None, keepdim: builtins.bool=False) -> Tensor:
        """The index of the smallest element, of all (as if they were flat) or over ``dim``."""

    def argsort(self, dim: builtins.int=-1, descending: builtins.bool=False, stable: builtins.bool=False) -> Tensor:
        """The indices that sort a tensor along a dimension; arguments as in ``sort``."""

    def argwhere(self) -> Tensor:
        """The indices of all elements that are not zero, a row for each."""

    def as_strided(self, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
        """A view of the tensor's memory with any sizes, strides and offset, counted in
        elements."""

    def as_strided_(self, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
        """Gives the tensor itself other sizes and strides on its memory."""

    def as_strided_scatter(self, src: Tensor, size: Any, stride: Any, storage_offset: builtins.int | None=None) -> Tensor:
        """A copy of the tensor with ``src`` in a strided part of its memory."""

    def asin(self) -> Tensor:
        """Computes $\\arcsin x$."""

    def asin_(self) -> Tensor:
        """The same as asin, written into the tensor itself."""

    def asinh(self) -> Tensor:
        """Computes $\\operatorname{arsinh} x$."""

    def asinh_(self) -> Tensor:
        """The same as asinh, written into the tensor itself."""

    def atan(self) -> Tensor:
        """Computes $\\arctan x$."""

    def atan2(self, other: Tensor | Number) -> Tensor:
        """Computes $\\operatorname{atan2}(y, x)$."""

    def atan2_(self, other: Tensor | Number) -> Tensor:
        """The same as atan2, written into the tensor itself."""

    def atan_(self) -> Tensor:
        """The same as atan, written into the tensor itself."""

    def atanh(self) -> Tensor:
        """Computes $\\operatorname{artanh} x$."""

    def atanh_(self) -> Tensor:
        """The same as atanh, written into the tensor itself."""

    def backward(self, gradient: Tensor | None=None, retain_graph: builtins.bool | None=None, create_graph: builtins.bool=False, inputs: Any=None) -> None:
        """Adds the gradient of this tensor with respect to the leaves to their ``grad``."""

    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """beta input + alpha times the products of two batches' matrices."""

    def baddbmm_(self, batch1: Tensor, batch2: Tensor, *, beta: Number=1, alpha: Number=1) -> Tensor:
        """The same as baddbmm, written into the tensor itself."""

    def bernoulli(self, p: Number | None=None, *, generator: Any=None) -> Tensor:
        """Ones drawn with the probabilities in ``input`` (or with ``p``), otherwise zeros."""

    def bernoulli_(self, p: Any=0.5, *, generator: Any=None) -> Tensor:
        """Fills with ones, drawn with probability p, and zeros."""

    def bfloat16(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type bfloat16; itself if it has it already."""

    def bincount(self, weights: Tensor=None, minlength: builtins.int=0) -> Tensor:
        """How often each of the numbers 0, 1, … occurs, or the sum of the weights where it
        does."""

    def bitwise_and(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\land y$."""

    def bitwise_and_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_and, written into the tensor itself."""

    def bitwise_left_shift(self, other: Tensor | Number) -> Tensor:
        """Computes $x 2^y$."""

    def bitwise_left_shift_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_left_shift, written into the tensor itself."""

    def bitwise_not(self) -> Tensor:
        """Computes $\\lnot x$."""

    def bitwise_not_(self) -> Tensor:
        """The same as bitwise_not, written into the tensor itself."""

    def bitwise_or(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\lor y$."""

    def bitwise_or_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_or, written into the tensor itself."""

    def bitwise_right_shift(self, other: Tensor | Number) -> Tensor:
        """Computes $\\lfloor x 2^{-y} \\rfloor$."""

    def bitwise_right_shift_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_right_shift, written into the tensor itself."""

    def bitwise_xor(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\oplus y$."""

    def bitwise_xor_(self, other: Tensor | Number) -> Tensor:
        """The same as bitwise_xor, written into the tensor itself."""

    def bmm(self, mat2: Tensor) -> Tensor:
        """The products of the matrices of two batches, (b, n, k) and (b, k, m)."""

    def bool(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type bool; itself if it has it already."""

    def broadcast_to(self, *sizes: Any, size: Any=None) -> Tensor:
        """A view expanded to a shape by the rules of broadcasting."""

    def byte(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type uint8; itself if it has it already."""

    def cauchy_(self, median: builtins.float=0, sigma: builtins.float=1, *, generator: Any=None) -> Tensor:
        """Fills with numbers of the Cauchy distribution."""

    def cdouble(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type complex128; itself if it has it already."""

    def ceil(self) -> Tensor:
        """Computes $\\lceil x \\rceil$."""

    def ceil_(self) -> Tensor:
        """The same as ceil, written into the tensor itself."""

    def cfloat(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type complex64; itself if it has it already."""

    def char(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type int8; itself if it has it already."""

    def cholesky(self, upper: builtins.bool=False, *, out: Tensor | None=None) -> Tensor:
        """The triangular factor of positive-definite matrices; an older form of
        linalg.cholesky."""

    def cholesky_inverse(self, upper: builtins.bool=False) -> Tensor:
        """The inverse of A = L Lᴴ (A = Uᴴ U if ``upper``), from its factor."""

    def cholesky_solve(self, input2: Tensor, upper: builtins.bool=False) -> Tensor:
        """X with A X = input, where input2 is the factor L of A = L Lᴴ (U of A = Uᴴ U if
        ``upper``)."""

    def chunk(self, chunks: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
        """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

    def clamp(self, min: Any=None, max: Any=None, *, out: Tensor | None=None) -> Tensor:
        """min where the input is smaller, max where it is larger, otherwise the input."""

    def clamp_(self, min: Any=None, max: Any=None) -> Tensor:
        """The same as clamp, written into the tensor itself."""

    def clamp_max(self, max: Tensor | Number) -> Tensor:
        """Computes $\\min(x, b)$."""

    def clamp_max_(self, max: Tensor | Number) -> Tensor:
        """The same as clamp_max, written into the tensor itself."""

    def clamp_min(self, min: Tensor | Number) -> Tensor:
        """Computes $\\max(x, a)$."""

    def clamp_min_(self, min: Tensor | Number) -> Tensor:
        """The same as clamp_min, written into the tensor itself."""

    def clip(self, min: Any=None, max: Any=None, *, out: Tensor | None=None) -> Tensor:
        """min where the input is smaller, max where it is larger, otherwise the input."""

    def clip_(self, min: Any=None, max: Any=None) -> Tensor:
        """The same as clamp, written into the tensor itself."""

    def clone(self, *, memory_format: Any=None) -> Tensor:
        """A copy with memory of its own."""

    def coalesce(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def conj(self) -> Tensor:
        """The complex conjugate; a real tensor itself."""

    def conj_physical(self) -> Tensor:
        """Computes $\\bar x$."""

    def conj_physical_(self) -> Tensor:
        """The same as conj_physical, written into the tensor itself."""

    def contiguous(self, memory_format: Any=...) -> Tensor:
        """The tensor itself if its elements lie in memory in order, otherwise a copy that is
        so."""

    def copy_(self, src: Tensor, non_blocking: builtins.bool=False) -> Tensor:
        """Writes another tensor's elements into the tensor, converted to its type and
        expanded."""

    def copysign(self, other: Tensor | Number) -> Tensor:
        """Computes $|x| \\operatorname{sign} y$."""

    def copysign_(self, other: Tensor | Number) -> Tensor:
        """The same as copysign, written into the tensor itself."""

    def corrcoef(self) -> Tensor:
        """Pearson's correlation coefficients of variables in rows, observed in columns."""

    def cos(self) -> Tensor:
        """Computes $\\cos x$."""

    def cos_(self) -> Tensor:
        """The same as cos, written into the tensor itself."""

    def cosh(self) -> Tensor:
        """Computes $\\cosh x$."""

    def cosh_(self) -> Tensor:
        """The same as cosh, written into the tensor itself."""

    def count_nonzero(self, dim: builtins.int | Sequence[builtins.int] | None=None) -> Tensor:
        """How many elements are not zero, of all or over the dimensions ``dim``; int64."""

    def cov(self, *, correction: builtins.int=1, fweights: Tensor | None=None, aweights: Tensor | None=None) -> Tensor:
        """The covariances of variables in rows, observed in columns."""

    def cpu(self, memory_format: Any=...) -> Tensor:
        """The tensor in the CPU's memory, where it is already."""

    def cross(self, other: Tensor, dim: builtins.int | None=None, *, out: Tensor | None=None) -> Tensor:
        """The cross product along ``dim``, by default the first dimension of size 3."""

    def cuda(self, device: Any=None, non_blocking: builtins.bool=False, memory_format: Any=...) -> Tensor:
        """Raises the error of a device that is not there."""

    def cummax(self, dim: builtins.int, *, out: Any=None) -> Any:
        """Running maxima along a dimension, and where they are."""

    def cummin(self, dim: builtins.int, *, out: Any=None) -> Any:
        """Running minima along a dimension, and where they are."""

    def cumprod(self, dim: builtins.int, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """Running products along a dimension: :math:`y_i = \\prod_{j \\le i} x_j`."""

    def cumprod_(self, dim: builtins.int, *, dtype: Any=None) -> Tensor:
        """The same as cumprod, written into the tensor itself."""

    def cumsum(self, dim: builtins.int, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """Running sums along a dimension: :math:`y_i = \\sum_{j \\le i} x_j`."""

    def cumsum_(self, dim: builtins.int, *, dtype: Any=None) -> Tensor:
        """The same as cumsum, written into the tensor itself."""

    def deg2rad(self) -> Tensor:
        """Computes $\\frac{\\pi}{180} x$."""

    def deg2rad_(self) -> Tensor:
        """The same as deg2rad, written into the tensor itself."""

    def dense_dim(self) -> builtins.int:
        """The number of dimensions: all are dense."""

    def det(self, *args: Any, **kwargs: Any) -> Any:
        """The same as linalg.det."""

    def detach(self) -> Tensor:
        """A tensor on the same memory that has no history and wants no gradient."""

    def detach_(self) -> Tensor:
        """Cuts the tensor itself off from its history."""

    def diag(self, diagonal: builtins.int=0, *, out: Tensor | None=None) -> Tensor:
        """A vector's matrix with it on the diagonal; a matrix's diagonal as a vector."""

    def diag_embed(self, offset: builtins.int=0, dim1: builtins.int=-2, dim2: builtins.int=-1) -> Tensor:
        """Matrices, zero but for a diagonal, which is the input's last dimension."""

    def diagflat(self, offset: builtins.int=0) -> Tensor:
        """A matrix with all the input's elements on its diagonal."""

    def diagonal(self, offset: builtins.int=0, dim1: builtins.int=0, dim2: builtins.int=1) -> Tensor:
        """A view of the diagonal between two dimensions, as the last dimension."""

    def diagonal_scatter(self, src: Tensor, offset: builtins.int=0, dim1: builtins.int=0, dim2: builtins.int=1) -> Tensor:
        """A copy of the tensor with ``src`` as its diagonal between two dimensions."""

    def diff(self, n: builtins.int=1, dim: builtins.int=-1, prepend: Tensor | None=None, append: Tensor | None=None, *, out: Tensor | None=None) -> Tensor:
        """Differences of neighbours along a dimension, taken ``n`` times: x[i + 1] - x[i]."""

    def digamma(self) -> Tensor:
        """Computes $\\psi(x) = \\frac{d}{dx} \\ln \\Gamma(x)$."""

    def digamma_(self) -> Tensor:
        """The same as digamma, written into the tensor itself."""

    def dist(self, other: Tensor, p: Number=2) -> Tensor:
        """The p-norm of the difference of two tensors."""

    def div(self, other: Any, *, rounding_mode: str | None=None, out: Tensor | None=None) -> Tensor:
        """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

    def div_(self, other: Any, *, rounding_mode: str | None=None) -> Tensor:
        """The same as div, written into the tensor itself."""

    def divide(self, other: Any, *, rounding_mode: str | None=None, out: Tensor | None=None) -> Tensor:
        """input / other; with ``rounding_mode`` "floor" or "trunc" the rounded quotient."""

    def divide_(self, other: Any, *, rounding_mode: str | None=None) -> Tensor:
        """The same as div, written into the tensor itself."""

    def dot(self, tensor: Tensor) -> Tensor:
        """The sum of the products of two vectors' elements."""

    def double(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type float64; itself if it has it already."""

    def dsplit(self, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
        """Splits along dimension 2."""

    def eig(self, **kwargs: Any) -> Any:
        """Removed. Use L, V = linalg.eig(A), or L = linalg.eigvals(A), which are complex."""

    def eq(self, other: Tensor | Number) -> Tensor:
        """Computes $x = y$."""

    def eq_(self, other: Tensor | Number) -> Tensor:
        """The same as eq, written into the tensor itself."""

    def equal(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape and the same elements; a bool."""

    def erf(self) -> Tensor:
        """Computes $\\operatorname{erf} x$."""

    def erf_(self) -> Tensor:
        """The same as erf, written into the tensor itself."""

    def erfc(self) -> Tensor:
        """Computes $\\operatorname{erfc} x$."""

    def erfc_(self) -> Tensor:
        """The same as erfc, written into the tensor itself."""

    def erfinv(self) -> Tensor:
        """Computes $\\operatorname{erf}^{-1} x$."""

    def erfinv_(self) -> Tensor:
        """The same as erfinv, written into the tensor itself."""

    def exp(self) -> Tensor:
        """Computes $e^x$."""

    def exp2(self) -> Tensor:
        """Computes $2^x$."""

    def exp2_(self) -> Tensor:
        """The same as exp2, written into the tensor itself."""

    def exp_(self) -> Tensor:
        """The same as exp, written into the tensor itself."""

    def expand(self, *size: builtins.int | Sequence[builtins.int], implicit: builtins.bool=False) -> Tensor:
        """A view in which dimensions of size 1, and new ones in front, are repeated without a
        copy."""

    def expand_as(self, other: Tensor) -> Tensor:
        """A view expanded to another tensor's shape."""

    def expm1(self) -> Tensor:
        """Computes $e^x - 1$."""

    def expm1_(self) -> Tensor:
        """The same as expm1, written into the tensor itself."""

    def exponential_(self, lambd: builtins.float=1, *, generator: Any=None) -> Tensor:
        """Fills with numbers of the exponential distribution of rate lambd."""

    def fill_(self, value: Any) -> Tensor:
        """Fills the tensor with a number or the element of a 0-d tensor."""

    def fill_diagonal_(self, fill_value: Any, wrap: builtins.bool=False) -> Tensor:
        """Fills the main diagonal; with ``wrap`` it begins anew below a tall matrix's last
        column."""

    def fix(self) -> Tensor:
        """Computes $\\operatorname{trunc} x$."""

    def fix_(self) -> Tensor:
        """The same as fix, written into the tensor itself."""

    def flatten(self, start_dim: builtins.int=0, end_dim: builtins.int=-1) -> Tensor:
        """Makes one dimension of those from ``start_dim`` to ``end_dim``, both included."""

    def flip(self, *dims: builtins.int | Sequence[builtins.int]) -> Tensor:
        """The elements in the opposite order along the dimensions."""

    def fliplr(self) -> Tensor:
        """The columns in the opposite order."""

    def flipud(self) -> Tensor:
        """The rows in the opposite order."""

    def float(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type float32; itself if it has it already."""

    def float_power(self, exponent: Any, *, out: Tensor | None=None) -> Tensor:
        """input ** exponent in double precision."""

    def float_power_(self, exponent: Any) -> Tensor:
        """The same as float_power, written into the tensor itself."""

    def floor(self) -> Tensor:
        """Computes $\\lfloor x \\rfloor$."""

    def floor_(self) -> Tensor:
        """The same as floor, written into the tensor itself."""

    def floor_divide(self, other: Tensor | Number) -> Tensor:
        """Computes $\\lfloor x / y \\rfloor$."""

    def floor_divide_(self, other: Tensor | Number) -> Tensor:
        """The same as floor_divide, written into the tensor itself."""

    def fmax(self, other: Tensor | Number) -> Tensor:
        """Computes $\\max(x, y)$."""

    def fmin(self, other: Tensor | Number) -> Tensor:
        """Computes $\\min(x, y)$."""

    def fmod(self, other: Tensor | Number) -> Tensor:
        """Computes $x - y \\operatorname{trunc}(x / y)$."""

    def fmod_(self, other: Tensor | Number) -> Tensor:
        """The same as fmod, written into the tensor itself."""

    def frac(self) -> Tensor:
        """Computes $x - \\operatorname{trunc} x$."""

    def frac_(self) -> Tensor:
        """The same as frac, written into the tensor itself."""

    def frexp(self) -> tuple[Tensor, Tensor]:
        """m with 1/2 <= |m| < 1 and e with x = m 2^e."""

    def gather(self, dim: builtins.int, index: Tensor, *, sparse_grad: builtins.bool=False) -> Tensor:
        """One element along a dimension for each index: ``y[i][j] = x[index[i][j]][j]`` for
        dim 0."""

    def gcd(self, other: Tensor | Number) -> Tensor:
        """Computes $\\gcd(x, y)$."""

    def gcd_(self, other: Tensor | Number) -> Tensor:
        """The same as gcd, written into the tensor itself."""

    def ge(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\ge y$."""

    def ge_(self, other: Tensor | Number) -> Tensor:
        """The same as ge, written into the tensor itself."""

    def geometric_(self, p: builtins.float, *, generator: Any=None) -> Tensor:
        """Fills with the number of tries until the first success of probability p."""

    def geqrf(self) -> tuple[Tensor, Tensor]:
        """QR as LAPACK keeps it: R with the reflections' vectors below it, and their factors."""

    def ger(self, vec2: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""

    def greater(self, other: Tensor | Number) -> Tensor:
        """Computes $x > y$."""

    def greater_(self, other: Tensor | Number) -> Tensor:
        """The same as greater, written into the tensor itself."""

    def greater_equal(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\ge y$."""

    def greater_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as greater_equal, written into the tensor itself."""

    def gt(self, other: Tensor | Number) -> Tensor:
        """Computes $x > y$."""

    def gt_(self, other: Tensor | Number) -> Tensor:
        """The same as gt, written into the tensor itself."""

    def half(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type float16; itself if it has it already."""

    def hardshrink(self, lambd: Number=0.5) -> Tensor:
        """Computes $x \\text{ if } |x| > \\lambda, \\text{ else } 0$."""

    def heaviside(self, values: Tensor | Number) -> Tensor:
        """Computes $H(x)$."""

    def heaviside_(self, values: Tensor | Number) -> Tensor:
        """The same as heaviside, written into the tensor itself."""

    def histc(self, bins: builtins.int=100, min: Number=0, max: Number=0) -> Tensor:
        """How many elements lie in each of ``bins`` equal parts of [min, max]."""

    def histogram(self, bins: Any, *, range: Any=None, weight: Tensor | None=None, density: builtins.bool=False, out: Any=None) -> Any:
        """Counts in bins, and the bins' edges: the named tuple (hist, bin_edges)."""

    def hsplit(self, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
        """Splits along columns: dimension 1, or 0 of a tensor with one dimension."""

    def hypot(self, other: Tensor | Number) -> Tensor:
        """Computes $\\sqrt{x^2 + y^2}$."""

    def hypot_(self, other: Tensor | Number) -> Tensor:
        """The same as hypot, written into the tensor itself."""

    def i0(self) -> Tensor:
        """Computes $I_0(x)$."""

    def i0_(self) -> Tensor:
        """The same as i0, written into the tensor itself."""

    def igamma(self, other: Tensor | Number) -> Tensor:
        """Computes $P(a, x)$."""

    def igamma_(self, other: Tensor | Number) -> Tensor:
        """The same as igamma, written into the tensor itself."""

    def igammac(self, other: Tensor | Number) -> Tensor:
        """Computes $Q(a, x)$."""

    def igammac_(self, other: Tensor | Number) -> Tensor:
        """The same as igammac, written into the tensor itself."""

    def index_add(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: Number=1) -> Tensor:
        """Adds alpha times slices of ``source`` to the slices at the indices."""

    def index_add_(self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: Number=1) -> Tensor:
        """The same as index_add, written into the tensor itself."""

    def index_copy(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """Writes slices of ``source`` over the slices at the indices."""

    def index_copy_(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """The same as index_copy, written into the tensor itself."""

    def index_fill(self, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
        """A copy with a number, or the element of a 0-d tensor, in the slices at the indices."""

    def index_fill_(self, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
        """Writes a number, or the element of a 0-d tensor, into the slices at the indices."""

    def index_put(self, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool=False) -> Tensor:
        """A copy with values written at index tensors; with ``accumulate`` they are added
        there."""

    def index_put_(self, indices: Sequence[Tensor], values: Tensor, accumulate: builtins.bool=False) -> Tensor:
        """Writes values at index tensors; with ``accumulate`` they are added there."""

    def index_reduce(self, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool=True) -> Tensor:
        """Combines slices of ``source`` with the slices at the indices."""

    def index_reduce_(self, dim: builtins.int, index: Tensor, source: Tensor, reduce: str, *, include_self: builtins.bool=True) -> Tensor:
        """The same as index_reduce, written into the tensor itself."""

    def index_select(self, dim: builtins.int, index: Tensor) -> Tensor:
        """The slices along a dimension at the indices of a vector."""

    def indices(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def inner(self, other: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The sum of the products over the last dimension of both: (..., k) and (+++, k)."""

    def int(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type int32; itself if it has it already."""

    def inverse(self, *, out: Tensor | None=None) -> Tensor:
        """The same as linalg.inv."""

    def is_coalesced(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def is_contiguous(self, *, memory_format: Any=...) -> builtins.bool:
        """Whether the elements lie in memory in the order of the format."""

    def is_nonzero(self) -> builtins.bool:
        """Whether the only element is not zero."""

    def is_same_size(self, other: Tensor) -> builtins.bool:
        """Whether two tensors have the same shape."""

    def isclose(self, other: Tensor, rtol: builtins.float=1e-05, atol: builtins.float=1e-08, equal_nan: builtins.bool=False) -> Tensor:
        """Whether elements are nearly equal: |input - other| <= atol + rtol |other|."""

    def isfinite(self) -> Tensor:
        ...

    def isinf(self) -> Tensor:
        ...

    def isnan(self) -> Tensor:
        ...

    def isneginf(self) -> Tensor:
        """Computes $x = -\\infty$."""

    def isposinf(self) -> Tensor:
        """Computes $x = \\infty$."""

    def isreal(self) -> Tensor:
        """Whether each element has no imaginary part."""

    def istft(self, n_fft: builtins.int, hop_length: builtins.int | None=None, win_length: builtins.int | None=None, window: Tensor | None=None, center: builtins.bool=True, normalized: builtins.bool=False, onesided: builtins.bool | None=None, length: builtins.int | None=None, return_complex: builtins.bool=False) -> Tensor:
        """The signal of which ``stft`` gave the input, where the windows overlap enough."""

    def kron(self, other: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The Kronecker product: every element of the first times the whole of the second."""

    def kthvalue(self, k: builtins.int, dim: builtins.int=-1, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
        """The k-th smallest elements along a dimension, counted from 1, and their indices."""

    def lcm(self, other: Tensor | Number) -> Tensor:
        """Computes $\\operatorname{lcm}(x, y)$."""

    def lcm_(self, other: Tensor | Number) -> Tensor:
        """The same as lcm, written into the tensor itself."""

    def ldexp(self, other: Tensor | Number) -> Tensor:
        """Computes $x 2^y$."""

    def ldexp_(self, other: Tensor | Number) -> Tensor:
        """The same as ldexp, written into the tensor itself."""

    def le(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\le y$."""

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
        """Computes $x \\le y$."""

    def less_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as less_equal, written into the tensor itself."""

    def lgamma(self) -> Tensor:
        """Computes $\\ln |\\Gamma(x)|$."""

    def lgamma_(self) -> Tensor:
        """The same as lgamma, written into the tensor itself."""

    def linalg_matmul(self, other: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The matrix product: of vectors, matrices, or batches of them."""

    def log(self) -> Tensor:
        """Computes $\\ln x$."""

    def log10(self) -> Tensor:
        """Computes $\\log_{10} x$."""

    def log10_(self) -> Tensor:
        """The same as log10, written into the tensor itself."""

    def log1p(self) -> Tensor:
        """Computes $\\ln(1 + x)$."""

    def log1p_(self) -> Tensor:
        """The same as log1p, written into the tensor itself."""

    def log2(self) -> Tensor:
        """Computes $\\log_2 x$."""

    def log2_(self) -> Tensor:
        """The same as log2, written into the tensor itself."""

    def log_(self) -> Tensor:
        """The same as log, written into the tensor itself."""

    def log_normal_(self, mean: builtins.float=1, std: builtins.float=2, *, generator: Any=None) -> Tensor:
        """Fills with numbers whose logarithm is normally distributed."""

    def log_softmax(self, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
        """The logarithm of softmax, without overflow: :math:`x_i - \\ln \\sum_j e^{x_j}`."""

    def logaddexp(self, other: Tensor | Number) -> Tensor:
        """Computes $\\ln(e^x + e^y)$."""

    def logaddexp2(self, other: Tensor | Number) -> Tensor:
        """Computes $\\log_2(2^x + 2^y)$."""

    def logcumsumexp(self, dim: builtins.int, *, out: Tensor | None=None) -> Tensor:
        """Running :math:`\\ln \\sum e^{x}` along a dimension, without overflow."""

    def logdet(self) -> Tensor:
        """The logarithm of each determinant; nan where it is negative, -inf where it is 0."""

    def logical_and(self, other: Tensor | Number) -> Tensor:
        ...

    def logical_and_(self, other: Tensor | Number) -> Tensor:
        """The same as logical_and, written into the tensor itself."""

    def logical_not(self) -> Tensor:
        """Computes $\\lnot x$."""

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

    def logit(self, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
        """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

    def logit_(self, eps: builtins.float | None=None) -> Tensor:
        """The same as logit, written into the tensor itself."""

    def logsumexp(self, dim: builtins.int | Sequence[builtins.int], keepdim: builtins.bool=False) -> Tensor:
        """log(sum(exp(input))) over dimensions, without overflow."""

    def long(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type int64; itself if it has it already."""

    def lstsq(self, **kwargs: Any) -> Any:
        """Removed. Use X = linalg.lstsq(A, B).solution: the arguments are reversed."""

    def lt(self, other: Tensor | Number) -> Tensor:
        """Computes $x < y$."""

    def lt_(self, other: Tensor | Number) -> Tensor:
        """The same as lt, written into the tensor itself."""

    def lu(self, pivot: builtins.bool=True, get_infos: builtins.bool=False) -> tuple:
        """The same as lu."""

    def lu_solve(self, LU_data: Tensor, LU_pivots: Tensor, *, out: Tensor | None=None) -> Tensor:
        """X with A X = input; linalg.lu_solve with its arguments in another order."""

    def masked_fill(self, mask: Tensor, value: Any) -> Tensor:
        """A copy with a number, or the element of a 0-d tensor, where the mask is true."""

    def masked_fill_(self, mask: Tensor, value: Any) -> Tensor:
        """Writes a number, or the element of a 0-d tensor, where the mask is true."""

    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """A copy with the elements of ``source``, in their order, where a mask is true."""

    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """The same as masked_scatter, written into the tensor itself."""

    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where a mask is true, as a vector."""

    def matmul(self, other: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The matrix product: of vectors, matrices, or batches of them."""

    def matrix_exp(self, *args: Any, **kwargs: Any) -> Any:
        """The same as linalg.matrix_exp."""

    def matrix_power(self, *args: Any, **kwargs: Any) -> Any:
        """The same as linalg.matrix_power."""

    def max(self, dim: Any=None, keepdim: builtins.bool=False, *, other: Any=None, out: Any=None) -> Any:
        """The largest element; over a dimension also its index; of two tensors element by
        element."""

    def maximum(self, other: Tensor | Number) -> Tensor:
        """Computes $\\max(x, y)$."""

    def mean(self, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """The mean of all elements, or over the dimensions ``dim``: :math:`\\frac{1}{n} \\sum_i
        x_i`."""

    def median(self, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
        """The middle element: of an even number, the lower of the two."""

    def min(self, dim: Any=None, keepdim: builtins.bool=False, *, other: Any=None, out: Any=None) -> Any:
        """The smallest element; over a dimension also its index; of two tensors element by
        element."""

    def minimum(self, other: Tensor | Number) -> Tensor:
        """Computes $\\min(x, y)$."""

    def mm(self, mat2: Tensor) -> Tensor:
        """The product of two matrices, (n, k) and (k, m)."""

    def mode(self, dim: builtins.int=-1, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
        """The most frequent elements along a dimension (of several, the smallest) and their
        indices."""

    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions moved to new places; the others keep their order."""

    def movedim(self, source: Any, destination: Any) -> Tensor:
        """A view with some dimensions moved to new places; the others keep their order."""

    def msort(self, *, out: Tensor | None=None) -> Tensor:
        """The elements in order along the first dimension."""

    def mul(self, other: Tensor | Number) -> Tensor:
        """Computes $x y$."""

    def mul_(self, other: Tensor | Number) -> Tensor:
        """The same as mul, written into the tensor itself."""

    def multinomial(self, num_samples: builtins.int, replacement: builtins.bool=False, *, generator: Any=None) -> Tensor:
        """Row indices drawn with the weights in ``input``."""

    def multiply(self, other: Tensor | Number) -> Tensor:
        """Computes $x y$."""

    def multiply_(self, other: Tensor | Number) -> Tensor:
        """The same as multiply, written into the tensor itself."""

    def mv(self, vec: Tensor) -> Tensor:
        """The product of a matrix (n, k) and a vector (k)."""

    def mvlgamma(self, p: builtins.int, *, out: Tensor | None=None) -> Tensor:
        """The logarithm of the multivariate gamma function of dimension p."""

    def mvlgamma_(self, p: builtins.int) -> Tensor:
        """The same as mvlgamma, written into the tensor itself."""

    def nan_to_num(self, nan: Number | None=None, posinf: Number | None=None, neginf: Number | None=None) -> Tensor:
        """``nan`` (0 by default), ``posinf`` and ``neginf`` (the type's largest numbers) in
        place of what is no number."""

    def nan_to_num_(self, nan: Number | None=None, posinf: Number | None=None, neginf: Number | None=None) -> Tensor:
        """The same as nan_to_num, written into the tensor itself."""

    def nanmean(self, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """The mean of the elements that are not nan; arguments as in ``mean``."""

    def nanmedian(self, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, out: Any=None) -> Any:
        """The middle of the elements that are not nan; see ``median``."""

    def nanquantile(self, q: Any, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, interpolation: str='linear', out: Tensor | None=None) -> Tensor:
        """Quantiles of the elements that are not nan; see ``quantile``."""

    def nansum(self, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """The sum of the elements that are not nan; arguments as in ``sum``."""

    def narrow(self, dim: builtins.int, start: builtins.int | Tensor, length: builtins.int) -> Tensor:
        """A view of ``length`` neighbours along a dimension from ``start`` on."""

    def narrow_copy(self, dim: builtins.int, start: builtins.int, length: builtins.int) -> Tensor:
        """A copy of ``length`` neighbours along a dimension from ``start`` on."""

    def ne(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\ne y$."""

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

    def new_empty(self, *size: Any, dtype: Dtype | None=None, **options: Any) -> Tensor:
        """Uninitialised memory of this tensor's type."""

    def new_empty_strided(self, size: Sequence[builtins.int], stride: Sequence[builtins.int], dtype: Dtype | None=None, **options: Any) -> Tensor:
        """Uninitialised memory of this tensor's type, with given strides."""

    def new_full(self, size: Sequence[builtins.int], fill_value: Number, *, dtype: Dtype | None=None, **options: Any) -> Tensor:
        """A tensor of this one's type, filled with one number."""

    def new_ones(self, *size: Any, dtype: Dtype | None=None, **options: Any) -> Tensor:
        """Ones of this tensor's type."""

    def new_tensor(self, data: Any, *, dtype: Dtype | None=None, **options: Any) -> Tensor:
        """A tensor of the data, of this one's type."""

    def new_zeros(self, *size: Any, dtype: Dtype | None=None, **options: Any) -> Tensor:
        """Zeros of this tensor's type."""

    def nextafter(self, other: Tensor | Number) -> Tensor:
        ...

    def nextafter_(self, other: Tensor | Number) -> Tensor:
        """The same as nextafter, written into the tensor itself."""

    def nonzero(self, *, as_tuple: builtins.bool=False, out: Tensor | None=None) -> Any:
        """The indices of all elements that are not zero."""

    def nonzero_static(self, *, size: builtins.int, fill_value: builtins.int=-1) -> Tensor:
        """``nonzero`` with so many rows: cut off, or filled with a number."""

    def norm(self, p: Any='fro', dim: Any=None, keepdim: builtins.bool=False, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
        """A norm of all elements, or over dimensions: :math:`(\\sum_i |x_i|^p)^{1/p}`."""

    def normal_(self, mean: builtins.float=0, std: builtins.float=1, *, generator: Any=None) -> Tensor:
        """Fills with numbers of the normal distribution."""

    def not_equal(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\ne y$."""

    def not_equal_(self, other: Tensor | Number) -> Tensor:
        """The same as not_equal, written into the tensor itself."""

    def orgqr(self, tau: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The same as linalg.householder_product."""

    def ormqr(self, tau: Tensor, other: Tensor, left: builtins.bool=True, transpose: builtins.bool=False) -> Tensor:
        """Q C, C Q, Qᴴ C or C Qᴴ, where Q is the whole product of reflections that geqrf
        gives."""

    def outer(self, vec2: Tensor, *, out: Tensor | None=None) -> Tensor:
        """The products of all pairs of two vectors' elements: (n) and (m) give (n, m)."""

    def permute(self, *dims: builtins.int | Sequence[builtins.int]) -> Tensor:
        """A view with its dimensions in the order given."""

    def pinverse(self, rcond: builtins.float=1e-15) -> Tensor:
        """The same as linalg.pinv."""

    def poisson(self, generator: Any=None) -> Tensor:
        """Poisson-distributed counts of the given rates."""

    def polygamma(self, n: builtins.int) -> Tensor:
        """The derivative of order n of digamma."""

    def polygamma_(self, n: builtins.int) -> Tensor:
        """The same as polygamma, written into the tensor itself."""

    def positive(self) -> Tensor:
        """Computes $x$."""

    def pow(self, exponent: Tensor | Number) -> Tensor:
        """Computes $x^y$."""

    def pow_(self, exponent: Tensor | Number) -> Tensor:
        """The same as pow, written into the tensor itself."""

    def prelu(self, weight: Tensor) -> Tensor:
        """max(0, x) + a min(0, x), with one a for all or one for each channel (dimension 1)."""

    def prod(self, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """The product of all elements, or over the dimension ``dim``: :math:`\\prod_i x_i`."""

    def put(self, index: Tensor, source: Tensor, accumulate: builtins.bool=False) -> Tensor:
        """Writes, or adds, values at positions of the flattened tensor."""

    def put_(self, index: Tensor, source: Tensor, accumulate: builtins.bool=False) -> Tensor:
        """The same as put, written into the tensor itself."""

    def qr(self, some: builtins.bool=True, *, out: Any=None) -> tuple:
        """A = Q R; an older form of linalg.qr: ``some`` is "reduced", otherwise "complete"."""

    def quantile(self, q: Any, dim: builtins.int | None=None, keepdim: builtins.bool=False, *, interpolation: str='linear', out: Tensor | None=None) -> Tensor:
        """The elements below which the fractions ``q`` of all elements lie; nan where there is
        one."""

    def rad2deg(self) -> Tensor:
        """Computes $\\frac{180}{\\pi} x$."""

    def rad2deg_(self) -> Tensor:
        """The same as rad2deg, written into the tensor itself."""

    def random_(self, from_: Any=None, to: Any=None, *, generator: Any=None, **k: Any) -> Tensor:
        """Fills with whole numbers: below ``to``, from ``from_`` on, or of the type's whole
        range."""

    def ravel(self) -> Tensor:
        """All elements in one dimension."""

    def reciprocal(self) -> Tensor:
        """Computes $\\frac{1}{x}$."""

    def reciprocal_(self) -> Tensor:
        """The same as reciprocal, written into the tensor itself."""

    def register_hook(self, hook: Callable) -> Any:
        """``hook(grad)`` runs when the gradient of this tensor is computed and may replace it."""

    def register_post_accumulate_grad_hook(self, hook: Callable) -> Any:
        """``hook(tensor)`` runs after a gradient has been added to this leaf's ``grad``."""

    def relu(self) -> Tensor:
        """Computes $\\max(0, x)$."""

    def relu_(self) -> Tensor:
        """The same as relu, written into the tensor itself."""

    def remainder(self, other: Tensor | Number) -> Tensor:
        """Computes $x - y \\lfloor x / y \\rfloor$."""

    def remainder_(self, other: Tensor | Number) -> Tensor:
        """The same as remainder, written into the tensor itself."""

    def renorm(self, p: Number, dim: builtins.int, maxnorm: Number) -> Tensor:
        """Scales each slice along ``dim`` down to the p-norm ``maxnorm``, where it is larger."""

    def renorm_(self, p: Number, dim: builtins.int, maxnorm: Number) -> Tensor:
        """The same as renorm, written into the tensor itself."""

    def repeat(self, *repeats: builtins.int | Sequence[builtins.int]) -> Tensor:
        """The tensor so many times along each dimension; surplus repeats add dimensions in
        front."""

    def repeat_interleave(self, repeats: builtins.int | Tensor | None=None, dim: builtins.int | None=None, *, output_size: builtins.int | None=None) -> Tensor:
        """Each element (along ``dim``; of the flattened tensor without one) so many times in a
        row."""

    def reshape(self, *sizes: Any, shape: Any=None) -> Tensor:
        """The elements, in their order, in another shape: a view where there is one, or a
        copy."""

    def reshape_as(self, other: Tensor) -> Tensor:
        """The elements in another tensor's shape."""

    def resize_(self, *sizes: Any, memory_format: Any=None) -> Tensor:
        """Gives the tensor another shape: on its own memory where that is large enough."""

    def resize_as_(self, the_template: Tensor, *, memory_format: Any=None) -> Tensor:
        """Gives the tensor another tensor's shape, as ``resize_`` does."""

    def resolve_conj(self) -> Tensor:
        """The tensor itself: conjugates are always computed at once."""

    def resolve_neg(self) -> Tensor:
        """The tensor itself: negations are always computed at once."""

    def retain_grad(self) -> None:
        """Has the backward pass keep this tensor's gradient in ``grad``, as it does for
        leaves."""

    @property
    def retains_grad(self) -> Any:
        ...

    def roll(self, shifts: builtins.int | Sequence[builtins.int], dims: builtins.int | Sequence[builtins.int]=()) -> Tensor:
        """Shifts the elements along dimensions; those that leave at one end enter at the
        other."""

    def rot90(self, k: builtins.int=1, dims: builtins.int | Sequence[builtins.int]=(0, 1)) -> Tensor:
        """Turns a plane of the tensor k times by 90 degrees, from the first dimension to the
        second."""

    def round(self, *, decimals: builtins.int=0) -> Tensor:
        """Rounds to the nearest number of so many decimals, halves to even."""

    def round_(self, *, decimals: builtins.int=0) -> Tensor:
        """The same as round, written into the tensor itself."""

    def rsqrt(self) -> Tensor:
        """Computes $x^{-1/2}$."""

    def rsqrt_(self) -> Tensor:
        """The same as rsqrt, written into the tensor itself."""

    def rsub(self, other: Any, *, alpha: Any=1) -> Tensor:
        """other - alpha input."""

    def scatter(self, dim: builtins.int, index: Tensor, src: Any=None, *, value: Any=None, reduce: str | None=None, out: Tensor | None=None) -> Tensor:
        """A copy with values written at indices along a dimension: ``x[index[i][j]][j] =
        src[i][j]``."""

    def scatter_(self, dim: builtins.int, index: Tensor, src: Any=None, *, value: Any=None, reduce: str | None=None) -> Tensor:
        """Writes values at indices along a dimension: ``x[index[i][j]][j] = src[i][j]``."""

    def scatter_add(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """Adds values at indices along a dimension: ``x[index[i][j]][j] += src[i][j]``."""

    def scatter_add_(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """The same as scatter_add, written into the tensor itself."""

    def scatter_reduce(self, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool=True, out: Tensor | None=None) -> Tensor:
        """Combines values that meet at an index: ``reduce`` "sum", "prod", "mean", "amax" or
        "amin"."""

    def scatter_reduce_(self, dim: builtins.int, index: Tensor, src: Tensor, reduce: str, *, include_self: builtins.bool=True) -> Tensor:
        """The same as scatter_reduce, written into the tensor itself."""

    def select(self, dim: builtins.int, index: builtins.int) -> Tensor:
        """A view of the slice at ``index`` of a dimension, without that dimension."""

    def select_scatter(self, src: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
        """A copy of the tensor with ``src`` in place of ``input.select(dim, index)``."""

    def set_(self, source: Any=None, storage_offset: builtins.int=0, size: Any=None, stride: Any=None) -> Tensor:
        """Makes the tensor use another tensor's or storage's memory."""

    def sgn(self) -> Tensor:
        """Computes $x / |x|$."""

    def sgn_(self) -> Tensor:
        """The same as sgn, written into the tensor itself."""

    def short(self, memory_format: Any=None) -> Tensor:
        """The tensor in the type int16; itself if it has it already."""

    def sigmoid(self) -> Tensor:
        """Computes $\\frac{1}{1 + e^{-x}}$."""

    def sigmoid_(self) -> Tensor:
        """The same as sigmoid, written into the tensor itself."""

    def sign(self) -> Tensor:
        """Computes $\\operatorname{sign} x$."""

    def sign_(self) -> Tensor:
        """The same as sign, written into the tensor itself."""

    def signbit(self) -> Tensor:
        ...

    def sin(self) -> Tensor:
        """Computes $\\sin x$."""

    def sin_(self) -> Tensor:
        """The same as sin, written into the tensor itself."""

    def sinc(self) -> Tensor:
        """Computes $\\frac{\\sin \\pi x}{\\pi x}$."""

    def sinc_(self) -> Tensor:
        """The same as sinc, written into the tensor itself."""

    def sinh(self) -> Tensor:
        """Computes $\\sinh x$."""

    def sinh_(self) -> Tensor:
        """The same as sinh, written into the tensor itself."""

    def slice_scatter(self, src: Tensor, dim: builtins.int=0, start: builtins.int | None=None, end: builtins.int | None=None, step: builtins.int=1) -> Tensor:
        """A copy of the tensor with ``src`` in place of a slice of one dimension."""

    def slogdet(self, *args: Any, **kwargs: Any) -> Any:
        """The same as linalg.slogdet."""

    def softmax(self, dim: builtins.int, dtype: Any=None, *, out: Tensor | None=None) -> Tensor:
        """Positive numbers that add up to 1 along ``dim``: :math:`e^{x_i} / \\sum_j e^{x_j}`."""

    def solve(self, **kwargs: Any) -> Any:
        """Removed. Use X = linalg.solve(A, B): the arguments are reversed; for the LU see
        linalg.lu."""

    def sort(self, dim: builtins.int=-1, descending: builtins.bool=False, stable: builtins.bool=False, *, out: Any=None) -> Any:
        """The elements in order along a dimension: the named tuple (values, indices)."""

    def sparse_dim(self) -> builtins.int:
        """0: no dimension is sparse."""

    def sparse_mask(self, mask: Any) -> Tensor:
        """The elements at a sparse tensor's coordinates."""

    def special_logit(self, eps: builtins.float | None=None, *, out: Tensor | None=None) -> Tensor:
        """log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given."""

    def split(self, split_size_or_sections: Any=None, dim: builtins.int=0, *, split_size: Any=None) -> tuple[Tensor, ...]:
        """Views of parts along a dimension: of one size (the last may be smaller) or of given
        ones."""

    def split_with_sizes(self, split_sizes: builtins.int | Sequence[builtins.int], dim: builtins.int=0) -> Tensor:
        """Views of neighbours along a dimension, as many as each size says."""

    def sqrt(self) -> Tensor:
        """Computes $\\sqrt{x}$."""

    def sqrt_(self) -> Tensor:
        """The same as sqrt, written into the tensor itself."""

    def square(self, *, out: Tensor | None=None) -> Tensor:
        """x^2."""

    def square_(self) -> Tensor:
        """The same as square, written into the tensor itself."""

    def squeeze(self, dim: Any=None) -> Tensor:
        """A view without the dimensions of size 1 (those of ``dim`` alone, where given)."""

    def squeeze_(self, dim: Any=None) -> Tensor:
        """Takes dimensions of size 1 out of the tensor itself."""

    def std(self, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
        """The standard deviation, the square root of the variance."""

    def stft(self, n_fft: builtins.int, hop_length: builtins.int | None=None, win_length: builtins.int | None=None, window: Tensor | None=None, center: builtins.bool=True, pad_mode: str='reflect', normalized: builtins.bool=False, onesided: builtins.bool | None=None, return_complex: builtins.bool | None=None, align_to_window: builtins.bool | None=None) -> Tensor:
        """The spectrum around each moment: :math:`\\sum_m w_m x_{m + t h} e^{-2\\pi i k m / n}`."""

    def sub(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """Computes $x - \\alpha y$."""

    def sub_(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """The same as sub, written into the tensor itself."""

    def subtract(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """Computes $x - \\alpha y$."""

    def subtract_(self, other: Tensor | Number, *, alpha: Number=1) -> Tensor:
        """The same as subtract, written into the tensor itself."""

    def sum(self, dim: Any=None, keepdim: builtins.bool=False, *, dtype: Any=None, out: Tensor | None=None) -> Tensor:
        """The sum of all elements, or over the dimensions ``dim``: :math:`\\sum_i x_i`."""

    def sum_to_size(self, *size: Any) -> Tensor:
        """Sums over the dimensions in which ``size`` is 1 or has none: the transpose of
        expand."""

    def svd(self, some: builtins.bool=True, compute_uv: builtins.bool=True, *, out: Any=None) -> tuple:
        """(U, S, V) with input = U diag(S) Vᴴ; an older form of linalg.svd, which gives Vᴴ."""

    def swapaxes(self, axis0: builtins.int, axis1: builtins.int) -> Tensor:
        """The same as transpose."""

    def swapaxes_(self, axis0: builtins.int, axis1: builtins.int) -> Tensor:
        """The same as transpose_."""

    def swapdims(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """The same as transpose."""

    def swapdims_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Changes the places of two dimensions of the tensor itself."""

    def symeig(self, **kwargs: Any) -> Any:
        """Removed. Use L, V = linalg.eigh(A, UPLO='U'), or L = linalg.eigvalsh(A, UPLO='U')."""

    def t(self) -> Tensor:
        """The transposed matrix, as a view; tensors with 0 or 1 dimensions stay as they are."""

    def t_(self) -> Tensor:
        """Transposes the matrix itself."""

    def take(self, index: Tensor) -> Tensor:
        """The elements of the flattened tensor at the indices."""

    def take_along_dim(self, indices: Tensor, dim: builtins.int | None=None, *, out: Tensor | None=None) -> Tensor:
        """``gather``, input and indices broadcast together; without ``dim`` of the flattened
        input."""

    def tan(self) -> Tensor:
        """Computes $\\tan x$."""

    def tan_(self) -> Tensor:
        """The same as tan, written into the tensor itself."""

    def tanh(self) -> Tensor:
        """Computes $\\tanh x$."""

    def tanh_(self) -> Tensor:
        """The same as tanh, written into the tensor itself."""

    def tensor_split(self, indices_or_sections: Any=None, dim: builtins.int=0, *, indices: Any=None, sections: builtins.int | None=None) -> tuple[Tensor, ...]:
        """Views of parts along a dimension: so many of nearly one size, or cut at given
        indices."""

    def tile(self, *repeats: Any, dims: Any=None) -> Tensor:
        """The tensor so many times along each of its last dimensions."""

    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """The tensor in another type or on another device; itself where it is so already."""

    def to_dense(self, dtype: Any=None, *, masked_grad: builtins.bool | None=None) -> Tensor:
        """The tensor itself: it is dense."""

    def to_sparse(self, sparse_dim: builtins.int | None=None, *, layout: Any=None) -> Tensor:
        """The elements that are not zero, with their coordinates: a sparse tensor."""

    def to_sparse_coo(self, sparse_dim: builtins.int | None=None, *, layout: Any=None) -> Tensor:
        """The elements that are not zero, with their coordinates: a sparse tensor."""

    def topk(self, k: builtins.int, dim: builtins.int=-1, largest: builtins.bool=True, sorted: builtins.bool=True, *, out: Any=None) -> Any:
        """The ``k`` largest elements along a dimension: the named tuple (values, indices)."""

    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix; integers are added up as int64."""

    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """A view with two dimensions in each other's place."""

    def transpose_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Changes the places of two dimensions of the tensor itself."""

    def triangular_solve(self, A: Tensor, upper: builtins.bool=True, transpose: builtins.bool=False, unitriangular: builtins.bool=False, *, out: Any=None) -> tuple:
        """X with A X = input, and a copy of A. An older form of linalg.solve_triangular."""

    def tril(self, diagonal: builtins.int=0) -> Tensor:
        """The lower triangle of matrices, zero above the diagonal."""

    def tril_(self, diagonal: builtins.int=0) -> Tensor:
        """The same as tril, written into the tensor itself."""

    def triu(self, diagonal: builtins.int=0) -> Tensor:
        """The upper triangle of matrices, zero below the diagonal."""

    def triu_(self, diagonal: builtins.int=0) -> Tensor:
        """The same as triu, written into the tensor itself."""

    def true_divide(self, other: Any, *, out: Tensor | None=None) -> Tensor:
        """input / other."""

    def true_divide_(self, other: Any) -> Tensor:
        """The same as true_divide, written into the tensor itself."""

    def trunc(self) -> Tensor:
        """Computes $\\operatorname{trunc} x$."""

    def trunc_(self) -> Tensor:
        """The same as trunc, written into the tensor itself."""

    def type(self, dtype: Any=None, non_blocking: builtins.bool=False) -> Any:
        """The name of the tensor's type, "torch.FloatTensor"; with an argument, a conversion."""

    def type_as(self, other: Tensor) -> Tensor:
        """The tensor in another tensor's type."""

    def unbind(self, dim: builtins.int=0) -> Tensor:
        """The slices along a dimension, as views without that dimension."""

    def unflatten(self, dim: builtins.int, sizes: Any) -> Tensor:
        """Makes several dimensions of one; their sizes multiply to its size, one may be -1."""

    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """A view of all windows of a size along a dimension; the window is the new last
        dimension."""

    def uniform_(self, from_: builtins.float=0, to: builtins.float=1, *, generator: Any=None, **k: Any) -> Tensor:
        """Fills with numbers drawn evenly from [from, to)."""

    def unique(self, sorted: builtins.bool=True, return_inverse: builtins.bool=False, return_counts: builtins.bool=False, dim: builtins.int | None=None) -> Any:
        """The different elements, in order; with ``dim`` the different slices along it."""

    def unique_consecutive(self, return_inverse: builtins.bool=False, return_counts: builtins.bool=False, dim: builtins.int | None=None) -> Any:
        """The elements without those that repeat the one before; with ``dim`` slices along it."""

    def unsafe_chunk(self, chunks: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
        """Views of at most ``chunks`` parts along a dimension, all of one size but the last."""

    def unsafe_split(self, split_size: builtins.int, dim: builtins.int=0) -> tuple[Tensor, ...]:
        """The same as split."""

    def unsafe_split_with_sizes(self, split_sizes: Any, dim: builtins.int=0) -> tuple[Tensor, ...]:
        """The same as split_with_sizes."""

    def unsqueeze(self, dim: builtins.int) -> Tensor:
        """A view with a new dimension of size 1 at ``dim``."""

    def unsqueeze_(self, dim: builtins.int) -> Tensor:
        """Gives the tensor itself a new dimension of size 1."""

    def values(self) -> Any:
        """Sparse tensors alone have this; others refuse."""

    def var(self, dim: Any=None, unbiased: builtins.bool | None=None, keepdim: builtins.bool=False, *, correction: Any=None, out: Any=None) -> Any:
        """The variance, :math:`\\frac{1}{n - c} \\sum_i |x_i - \\bar x|^2`."""

    def vdot(self, other: Tensor) -> Tensor:
        """The inner product of two vectors: the first one's conjugate times the second."""

    def view(self, *shape: Any, size: Any=None, dtype: Any=None) -> Tensor:
        """The same memory in another shape, or read as another element type."""

    def view_as(self, other: Tensor) -> Tensor:
        """A view in another tensor's shape."""

    def vsplit(self, indices_or_sections: Any=None, *, indices: Any=None, sections: Any=None) -> tuple[Tensor, ...]:
        """Splits along rows, dimension 0."""

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """The tensor where the condition holds, otherwise ``other``."""

    def xlogy(self, other: Tensor | Number) -> Tensor:
        """Computes $x \\ln y$."""

    def xlogy_(self, other: Tensor | Number) -> Tensor:
        """The same as xlogy, written into the tensor itself."""

    def zero_(self) -> Tensor:
        """Fills the tensor with zeros."""

def given_names(t: Tensor) -> set[str]:
    """The names of the attributes that a user has given a tensor."""

def wrap(array: np.ndarray) -> Tensor:
    """A tensor around an array, without a copy and without history."""

def set_memory(t: Tensor, array: np.ndarray) -> None:
    """Gives a tensor another array; counted, so that compiled functions need not look for it."""

def storage_of(t: Tensor) -> Storage:
    """The storage record of a tensor, made on first use."""

def bump(t: Tensor) -> None:
    """Counts a write into the tensor's memory."""

def make_view(source: Tensor, array: np.ndarray) -> Tensor:
    """A tensor around a view of another's array: shared version, known base."""

def alias(source: Tensor) -> Tensor:
    """The same memory and version without history: what ``detach`` gives."""

def _rebuild(cls: type, bits: np.ndarray, name: str, needs: builtins.bool, extra: dict) -> Tensor:
    ...

def _warn_about_grad_of_non_leaf() -> None:
    ...

def _check_grad(t: Tensor, value: Tensor) -> None:
    ...
