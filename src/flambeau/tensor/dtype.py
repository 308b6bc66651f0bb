"""Element types: PyTorch's names and rules on NumPy's storage types."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np

from . import naming
from .recording import changes

BOOL, INT, FLOAT, COMPLEX = range(4)  # categories, in the order in which they win promotion


class dtype:
    """An element type, such as ``flambeau.float32``.

    Attributes: ``name``, ``numpy`` (the NumPy type that stores it), ``category`` (bool < int <
    float < complex), ``itemsize`` in bytes, ``is_floating_point``, ``is_complex``, ``is_signed``.
    """

    __slots__ = (
        "name", "numpy", "category", "itemsize", "is_floating_point", "is_complex", "is_signed",
        "title", "legacy", "__weakref__",
    )  # fmt: skip

    def __init__(self, name: str, storage: Any, category: int, title: str, legacy: str):
        self.name = name
        self.numpy = np.dtype(storage)
        self.category = category
        self.itemsize = self.numpy.itemsize
        self.is_floating_point = category == FLOAT
        self.is_complex = category == COMPLEX
        self.is_signed = category >= INT and name != "uint8"
        self.title = title  # how error messages call it: "Float"
        self.legacy = legacy  # "FloatTensor", as Tensor.type() names it

    def __repr__(self) -> str:
        return f"{naming.prefix()}.{self.name}"

    def __reduce__(self) -> tuple:
        return named, (self.name,)

    def to_real(self) -> dtype:
        """The real type of the same precision."""
        return _REAL.get(self, self)

    def to_complex(self) -> dtype:
        """The complex type of the same precision."""
        return _COMPLEX.get(self, self)


bool_ = dtype("bool", np.bool_, BOOL, "Bool", "BoolTensor")
uint8 = dtype("uint8", np.uint8, INT, "Byte", "ByteTensor")
int8 = dtype("int8", np.int8, INT, "Char", "CharTensor")
int16 = dtype("int16", np.int16, INT, "Short", "ShortTensor")
int32 = dtype("int32", np.int32, INT, "Int", "IntTensor")
int64 = dtype("int64", np.int64, INT, "Long", "LongTensor")
float16 = dtype("float16", np.float16, FLOAT, "Half", "HalfTensor")
bfloat16 = dtype("bfloat16", ml_dtypes.bfloat16, FLOAT, "BFloat16", "BFloat16Tensor")
float32 = dtype("float32", np.float32, FLOAT, "Float", "FloatTensor")
float64 = dtype("float64", np.float64, FLOAT, "Double", "DoubleTensor")
complex64 = dtype("complex64", np.complex64, COMPLEX, "ComplexFloat", "ComplexFloatTensor")
complex128 = dtype("complex128", np.complex128, COMPLEX, "ComplexDouble", "ComplexDoubleTensor")

ALL = (
    bool_, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64,
    complex128,
)  # fmt: skip
BY_NAME = {d.name: d for d in ALL}


def named(name: str) -> dtype:
    """The element type of that name."""
    return BY_NAME[name]


ALIASES = {
    "half": float16, "float": float32, "double": float64, "short": int16, "int": int32,
    "long": int64, "cfloat": complex64, "cdouble": complex128,
}  # fmt: skip
_REAL = {complex64: float32, complex128: float64}
_COMPLEX = {float32: complex64, float64: complex128, float16: complex64, bfloat16: complex64}
_OF = {d.numpy: d for d in ALL}
_OF_PYTHON = {bool: bool_, int: int64, float: float32, complex: complex64}

_default = float32


def of(numpy_dtype: np.dtype) -> dtype:
    """The element type that a NumPy type stores."""
    found = _OF.get(numpy_dtype)
    if found is None:
        raise TypeError(
            f"can't convert np.ndarray of type numpy.{np.dtype(numpy_dtype).name}. The only "
            "supported types are: float64, float32, float16, complex64, complex128, int64, int32, "
            "int16, int8, uint8, and bool."
        )
    return found


def as_dtype(value: object) -> dtype:
    """A dtype argument: a dtype, or Python's bool, int, float, complex."""
    if isinstance(value, dtype):
        return value
    found = _OF_PYTHON.get(value)  # type: ignore[call-overload]
    if found is None:
        raise TypeError(f"dtype must be a {naming.prefix()}.dtype, not {type(value).__name__}")
    if value is float:
        return float64
    if value is complex:
        return complex128
    return found


def get_default_dtype() -> dtype:
    """The type of ``tensor([1.0])``; float32 unless set otherwise."""
    return _default


def set_default_dtype(d: dtype, /) -> None:
    """Sets the type that Python floats become; a floating-point type."""
    global _default
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    _default = d
    changes.count += 1


def default_complex() -> dtype:
    """The type that Python complex numbers become."""
    return complex128 if _default is float64 else complex64


def of_number(value: object) -> dtype:
    """The type that a Python number has as a tensor of its own."""
    if isinstance(value, (bool, np.bool_)):
        return bool_
    if isinstance(value, (int, np.integer)):
        return int64
    if isinstance(value, (float, np.floating)):
        return _default
    return default_complex()


class finfo:
    """Limits of a floating-point type: ``eps``, ``max``, ``min``, ``tiny``, ``resolution``."""

    def __init__(self, type: dtype | None = None):
        d = type or _default
        if d.category < FLOAT:
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use torch.iinfo to handle "
                "'torch.finfo'".replace("torch", naming.prefix())
            )
        info = ml_dtypes.finfo(d.to_real().numpy)
        self.dtype = d.to_real().name
        self.bits = d.to_real().itemsize * 8
        self.eps, self.max, self.min = float(info.eps), float(info.max), float(info.min)
        self.tiny = self.smallest_normal = float(info.tiny)
        self.resolution = 10.0**-info.precision

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """Limits of an integer type: ``bits``, ``max``, ``min``."""

    def __init__(self, type: dtype):
        if type.category != INT:
            raise TypeError(
                f"{naming.prefix()}.iinfo() requires an integer input type. "
                f"Use {naming.prefix()}.finfo to handle '{naming.prefix()}.finfo'"
            )
        info = np.iinfo(type.numpy)
        self.bits, self.max, self.min, self.dtype = (
            info.bits,
            int(info.max),
            int(info.min),
            type.name,
        )

    def __repr__(self) -> str:
        return f"iinfo(min={self.min:g}, max={self.max:g}, dtype={self.dtype})"

# How PyTorch's messages call element types where they describe a tensor.
C_NAMES = {
    bool_: "bool", uint8: "unsigned char", int8: "signed char", int16: "short int",
    int32: "int", int64: "long int", float16: "c10::Half", bfloat16: "c10::BFloat16",
    float32: "float", float64: "double", complex64: "c10::complex<float>",
    complex128: "c10::complex<double>",
}  # fmt: skip
