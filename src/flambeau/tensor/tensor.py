"""What a tensor is: an array, the storage it shares, and its place in the gradient graph.

The operators are not here: methods are bound from the operator table (ops/bind.py). How numbers
leave a tensor stands in reading.py.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtype as D
from . import reading
from .device import CPU, device
from .memory import UntypedStorage, address, root_of, strides_of
from .recording import changes, recorders, unrepeatable
from .size import Size, unchecked

if TYPE_CHECKING:
    from ..autograd.graph import Node


class NoArray(NotImplementedError, AttributeError):
    """A tensor was asked for its array and has none: a sparse one. The door looks for another way.

    It is an AttributeError as well, so that the short ways hand over to the general one.
    """


class Clock:
    """Counts the runs of a program that writes into many tensors at once."""

    __slots__ = ("runs",)

    def __init__(self) -> None:
        self.runs = 0


class Storage:
    """What a tensor shares with its views: a version, counted up at each write, and the views.

    ``views`` holds weak references to the views that take part in differentiation, so that a write
    into one of them can renew the history of all.
    """

    __slots__ = ("version", "views", "limit", "clock", "__weakref__")
    clock: Clock  # of a storage that follows one

    def __init__(self) -> None:
        self.version = 0
        self.views: list[weakref.ref] = []
        self.limit = 16

    def add_view(self, view: Tensor) -> None:
        views = self.views
        views.append(weakref.ref(view))
        if len(views) > self.limit:
            self.views = [r for r in views if r() is not None]
            self.limit = 2 * len(self.views) + 16

    def follow(self, clock: Clock) -> bool:
        """Has the version count a clock's runs as well; False where it follows another clock."""
        if self.__class__ is Storage:
            version = self.version
            self.__class__, self.clock = _Following, clock
            self.version = version
        return self.clock is clock

    def leave(self) -> None:
        """Has the version count on by itself, where it followed a clock."""
        if self.__class__ is _Following:
            version = self.version
            self.__class__ = Storage
            self.version = version


_version: Any = Storage.__dict__["version"]


class _Following(Storage):
    """A storage whose version also counts a clock's runs: one addition for all that follow it."""

    __slots__ = ()

    @property
    def version(self) -> int:  # type: ignore[override]
        return _version.__get__(self) + self.clock.runs

    @version.setter
    def version(self, value: int) -> None:
        _version.__set__(self, value - self.clock.runs)


class Tensor:
    """A multi-dimensional array of one element type, which can record how it was computed."""

    # Defaults live in the class: a result sets only what differs, which keeps small calls cheap.
    _data: np.ndarray
    _storage: Storage | None = None
    _needs: bool = False  # requires_grad
    _node: Node | None = None  # the operation that made it; None for leaves
    _nr: int = 0  # which output of that operation
    _base: Tensor | None = None  # the tensor that this one is a view of
    _view_kind: str = ""  # how the view was made, where that forbids writing into it
    _hooks: dict | None = None
    _post_hooks: dict | None = None
    _retains: bool = False
    _inference: bool = False
    _accumulate: Any = None
    _grad: Tensor | None = None

    __array_priority__ = 1000
    __hash__ = object.__hash__
    is_sparse = is_quantized = is_mkldnn = is_cuda = is_mps = is_meta = is_nested = False
    is_cpu = True
    names = property(lambda self: (None,) * self._data.ndim)

    def __new__(cls, data: Any = None, *args: Any, **kwargs: Any) -> Tensor:
        self = object.__new__(cls)
        return self

    def __init__(self, *args: Any, **kwargs: Any):
        """``Tensor(2, 3)`` is uninitialised, ``Tensor([1, 2])`` holds data; in default dtype."""
        from .tensor_types import legacy_tensor

        self._data = legacy_tensor(args)

    # ------------------------------------------------------------------ attributes

    @property
    def shape(self) -> Size:
        return unchecked(self._data.shape)

    @property
    def ndim(self) -> int:
        return self._data.ndim

    @property
    def dtype(self) -> D.dtype:
        return D._OF[self._data.dtype]

    @property
    def device(self) -> device:
        return CPU

    @property
    def layout(self) -> Any:
        from .formats import strided

        return strided

    @property
    def itemsize(self) -> int:
        return self._data.itemsize

    @property
    def nbytes(self) -> int:
        return self._data.size * self._data.itemsize

    @property
    def requires_grad(self) -> bool:
        return self._needs

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Sets whether gradients are recorded for this tensor; floating-point leaves only."""
        value = bool(requires_grad)
        if self._node is not None and not value:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a "
                "computed variable in a subgraph that doesn't require differentiation use "
                "var_no_grad = var.detach()."
            )
        if value and self.dtype.category < D.FLOAT:
            raise RuntimeError(
                "only Tensors of floating point dtype can require gradients\n"
                f"Hint: this tensor is {self.dtype}; convert it first, as in x.float()."
            )
        if value and self._inference and not self._needs:
            raise RuntimeError(
                "Setting requires_grad=True on inference tensor outside InferenceMode is not "
                "allowed."
            )
        if self._node is None:
            self._needs = value
            changes.count += 1
        return self

    @property
    def is_leaf(self) -> bool:
        return self._node is None

    @property
    def grad_fn(self) -> Node | None:
        return self._node

    @property
    def grad(self) -> Tensor | None:
        found = self._grad
        if found is None and self._node is not None and not self._retains:
            _warn_about_grad_of_non_leaf()
        for r in recorders:
            r.gradient_read(self)
        return found

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            _check_grad(self, value)
        for r in recorders:
            r.gradient_set(self, False)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        for r in recorders:
            r.gradient_set(self, False)
        self._grad = None

    @property
    def output_nr(self) -> int:
        return self._nr

    @property
    def _version(self) -> int:
        return self._storage.version if self._storage is not None else 0

    @property
    def data(self) -> Tensor:
        """The same memory without history, with a version of its own."""
        for r in recorders:
            r.seen(self)
        out = object.__new__(type(self)) if type(self) is Tensor else object.__new__(Tensor)
        out._data = self._data
        return out

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if value._data is self._data:  # as the second half of ``p.data -= x``
            return
        unrepeatable("it gives a tensor other memory")
        set_memory(self, value._data)

    def is_floating_point(self) -> bool:
        """Whether the element type is a floating-point type."""
        return self.dtype.category == D.FLOAT

    def is_complex(self) -> bool:
        """Whether the element type is complex."""
        return self.dtype.category == D.COMPLEX

    def is_signed(self) -> bool:
        """Whether the element type has negative numbers."""
        return self.dtype.is_signed

    def is_inference(self) -> bool:
        """Whether the tensor was made in inference_mode."""
        return self._inference

    def is_conj(self) -> bool:
        """False: conjugates are always computed at once here."""
        return False

    def is_neg(self) -> bool:
        """False: negations are always computed at once here."""
        return False

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the length of one dimension."""
        if dim is None:
            return unchecked(self._data.shape)
        from .size import normalize_dim

        return self._data.shape[normalize_dim(dim, self._data.ndim)]

    def stride(self, dim: int | None = None) -> Any:
        """Steps between neighbours in each dimension, in elements."""
        a = self._data
        if dim is not None:
            from .size import normalize_dim

            return self.stride()[normalize_dim(dim, a.ndim)]
        if (not a.size or 1 in a.shape) and a.flags.c_contiguous:
            return strides_of(a.shape, 1)  # NumPy may hold others where they do not matter
        item = a.itemsize
        return tuple([s // item for s in a.strides])

    def dim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    ndimension = dim

    def numel(self) -> int:
        """The number of elements."""
        return self._data.size

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self._data.itemsize

    def get_device(self) -> int:
        """-1: the CPU."""
        return -1

    def data_ptr(self) -> int:
        """The address of the first element."""
        return self._data.__array_interface__["data"][0] if self._data.size else 0

    def storage_offset(self) -> int:
        """How many elements lie before the first one in the shared memory."""
        a = self._data
        return (address(a) - address(root_of(a))) // a.itemsize if a.size else 0

    def untyped_storage(self) -> UntypedStorage:
        """The memory that this tensor and its views share."""
        return UntypedStorage(self._data)

    def storage(self) -> UntypedStorage:
        """The memory that this tensor and its views share."""
        return UntypedStorage(self._data)

    @property
    def T(self) -> Tensor:
        return self.permute(tuple(range(self._data.ndim))[::-1])

    @property
    def mT(self) -> Tensor:
        if self._data.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got "
                f"{self._data.ndim}-D tensor."
            )
        return self.transpose(-2, -1)

    @property
    def H(self) -> Tensor:
        if self._data.ndim not in (0, 2):
            raise RuntimeError(
                "tensor.H is only supported on matrices (2-D tensors). Got "
                f"{self._data.ndim}-D tensor."
                + (
                    " For batches of matrices, consider using tensor.mH"
                    if self._data.ndim > 2
                    else ""
                )
            )
        return self.adjoint() if self._data.ndim == 2 else self

    @property
    def mH(self) -> Tensor:
        if self._data.ndim == 0:
            return self
        if self._data.ndim == 1:
            raise RuntimeError(
                "tensor.adjoint() is only supported on matrices or batches of matrices. Got 1-D "
                "tensor."
            )
        return self.adjoint()

    @property
    def real(self) -> Tensor:
        from ..ops.expressions import TENSORS

        return TENSORS["real"](self)

    @real.setter
    def real(self, value: Tensor) -> None:
        self.real.copy_(value)

    @property
    def imag(self) -> Tensor:
        from ..ops.expressions import TENSORS

        return TENSORS["imag"](self)

    @imag.setter
    def imag(self, value: Tensor) -> None:
        self.imag.copy_(value)

    # ------------------------------------------------------------------ Python's protocols

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

    def __len__(self) -> int:
        if not self._data.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self._data.shape[0]

    def __iter__(self) -> Any:
        if not self._data.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        if isinstance(element, (Tensor, int, float, complex, bool)):
            return bool((self == element).any().item())
        raise RuntimeError(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
            f"{type(element)}."
        )

    _shown_as = "tensor"  # what stands before the bracket when it is printed

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "_shown_as" not in cls.__dict__ and cls._shown_as == "tensor":
            cls._shown_as = cls.__name__

    def __array_wrap__(
        self, array: Any, context: Any = None, return_scalar: bool = False
    ) -> Tensor:
        return wrap(np.asarray(array))

    def __dir__(self) -> list[str]:
        return sorted(set(object.__dir__(self)))

    def __deepcopy__(self, memo: dict) -> Tensor:
        if id(self) in memo:
            return memo[id(self)]
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
                "protocol at the moment.  If you were attempting to deepcopy a module, this may be "
                "because of a torch.nn.utils.weight_norm usage, see "
                "https://github.com/pytorch/pytorch/pull/103001"
            )
        import copy

        unrepeatable("it makes a deep copy of a tensor")
        out = object.__new__(type(self))
        memo[id(self)] = out
        out._data = self._data.copy(order="K")
        out._needs = self._needs
        if self._grad is not None:
            out._grad = copy.deepcopy(self._grad, memo)
        for key, value in self.__dict__.items():
            if key not in _CORE_STATE:
                out.__dict__[key] = copy.deepcopy(value, memo)
        return out

    def __reduce_ex__(self, protocol: int) -> tuple:
        if self._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) can be pickled.\n"
                "Hint: pickle x.detach()."
            )
        extra = {k: v for k, v in self.__dict__.items() if k not in _CORE_STATE}
        # bfloat16 has no NumPy pickle of its own that every version reads: store its bits.
        bits = self._data.view(np.uint16) if self.dtype is D.bfloat16 else self._data
        return _rebuild, (type(self), bits, self.dtype.name, self._needs, extra)


_CORE_STATE = frozenset(
    ("_data", "_storage", "_needs", "_node", "_nr", "_base", "_view_kind", "_hooks", "_post_hooks",
     "_retains", "_inference", "_accumulate", "_grad")
)  # fmt: skip


def given_names(t: Tensor) -> set[str]:
    """The names of the attributes that a user has given a tensor."""
    return vars(t).keys() - _CORE_STATE


_new = object.__new__


def wrap(array: np.ndarray) -> Tensor:
    """A tensor around an array, without a copy and without history."""
    out = _new(Tensor)
    out._data = array
    return out


def set_memory(t: Tensor, array: np.ndarray) -> None:
    """Gives a tensor another array; counted, so that compiled functions need not look for it."""
    changes.count += 1
    t._data = array


def storage_of(t: Tensor) -> Storage:
    """The storage record of a tensor, made on first use."""
    s = t._storage
    if s is None:
        s = t._storage = Storage()
    return s


def bump(t: Tensor) -> None:
    """Counts a write into the tensor's memory."""
    storage_of(t).version += 1


def make_view(source: Tensor, array: np.ndarray) -> Tensor:
    """A tensor around a view of another's array: shared version, known base."""
    out = _new(Tensor)
    out._data = array
    storage = storage_of(source)
    out._storage = storage
    base = source._base
    out._base = source if base is None else base
    storage.add_view(out)
    return out


def alias(source: Tensor) -> Tensor:
    """The same memory and version without history: what ``detach`` gives."""
    out = _new(Tensor)
    out._data = source._data
    out._storage = storage_of(source)
    return out


def _rebuild(cls: type, bits: np.ndarray, name: str, needs: bool, extra: dict) -> Tensor:
    out = object.__new__(cls)
    out._data = bits.view(D.BY_NAME[name].numpy) if name == "bfloat16" else bits
    out._needs = needs
    out.__dict__.update(extra)
    return out


def _warn_about_grad_of_non_leaf() -> None:
    import warnings

    warnings.warn(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad "
        "attribute won't be populated during autograd.backward(). If you indeed want the .grad "
        "field to be populated for a non-leaf Tensor, use .retain_grad() on the non-leaf Tensor. "
        "If you access the non-leaf Tensor by mistake, make sure you access the leaf Tensor "
        "instead. See github.com/pytorch/pytorch/pull/30531 for more informations.",
        stacklevel=3,
    )


def _check_grad(t: Tensor, value: Tensor) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            "assigned grad expected to be a Tensor or None but got grad of type "
            f"{type(value).__name__}"
        )
    if value is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if value._data.dtype != t._data.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{value.dtype!r}' to a tensor with dtype "
            f"'{t.dtype!r}'. Please ensure that the gradient and the tensor have the same dtype"
        )
    if value._data.shape != t._data.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value._data.shape)}' to a tensor of "
            f"size '{list(t._data.shape)}'. Please ensure that the gradient and the tensor are the "
            "same size"
        )
