"""``save`` and ``load`` in PyTorch's zip format: files go both ways between the two.

A file is a zip archive: ``data.pkl`` is a pickle in which tensors are calls of
``torch._utils._rebuild_tensor_v2`` on storages, and ``data/0``, ``data/1``, … are the storages'
bytes. Classes of flambeau are written under PyTorch's names and the other way round.
"""

from __future__ import annotations

import io
import os
import pickle
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from types import FunctionType
from typing import Any, BinaryIO

import numpy as np

from ..tensor import dtype as D
from ..tensor.device import device, require_cpu
from ..tensor.formats import layout, memory_format, sparse_coo
from ..tensor.memory import root_of
from ..tensor.naming import pytorch_name, real_name
from ..tensor.size import Size
from ..tensor.tensor import Tensor, wrap

_STORAGES = {
    "FloatStorage": D.float32, "DoubleStorage": D.float64, "HalfStorage": D.float16,
    "BFloat16Storage": D.bfloat16, "LongStorage": D.int64, "IntStorage": D.int32,
    "ShortStorage": D.int16, "CharStorage": D.int8, "ByteStorage": D.uint8,
    "BoolStorage": D.bool_, "ComplexFloatStorage": D.complex64,
    "ComplexDoubleStorage": D.complex128,
}  # fmt: skip
_STORAGE_OF = {d: name for name, d in _STORAGES.items()}


class _Global:
    """A name that the pickle refers to and that need not exist here."""

    def __init__(self, module: str, name: str):
        self.module, self.name = module, name

    def __call__(self) -> None:
        """Never called: pickle asks that what is to be called can be."""


_REBUILD = _Global("torch._utils", "_rebuild_tensor_v2")
_REBUILD_PARAMETER = _Global("torch._utils", "_rebuild_parameter")


class _StorageId:
    """Stands for a storage: pickled as a persistent id."""

    def __init__(self, key: str, array: np.ndarray, d: D.dtype):
        self.key, self.array, self.dtype = key, array, d


def _root(array: np.ndarray) -> np.ndarray:
    """The flat memory that an array lies in; a copy where that memory is not an array's own."""
    root = root_of(array)
    fits = root.dtype == array.dtype and root.base is None and root.flags.forc
    if not fits or any(s < 0 for s in array.strides):
        return np.ascontiguousarray(array)
    return root


_PythonPickler: Any = pickle._Pickler  # type: ignore[attr-defined]


class _Pickler(_PythonPickler):
    """Writes tensors as PyTorch does. In Python, since it writes names that cannot be imported."""

    dispatch: dict[type, Any] = _PythonPickler.dispatch.copy()

    def __init__(self, file: BinaryIO, protocol: int):
        super().__init__(file, protocol=protocol)
        self.storages: dict[int, _StorageId] = {}

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, _StorageId):
            return None
        storage = _Global("torch", _STORAGE_OF[obj.dtype])
        return ("storage", storage, obj.key, "cpu", obj.array.size)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Tensor):
            return self._tensor(obj)
        return NotImplemented

    def _tensor(self, t: Tensor) -> tuple:
        from ..nn.parameter import Parameter

        if t._node is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) can be saved.\n"
                "Hint: save x.detach()."
            )
        if t.is_sparse:
            return _sparse_parts(t)
        hooks: OrderedDict = OrderedDict()
        array = t._data
        root = _root(array)
        if root is array or root.base is None and np.may_share_memory(root, array):
            offset = array.__array_interface__["data"][0] - root.__array_interface__["data"][0]
            strides = t.stride() if array.size else tuple(wrap(array).stride())
        else:
            offset, strides = 0, wrap(root).stride()
        key = root.__array_interface__["data"][0] if root.size else id(root)
        storage = self.storages.get(key)
        if storage is None or storage.dtype is not t.dtype:
            storage = _StorageId(str(len(self.storages)), root, t.dtype)
            self.storages[key] = storage
        shape = tuple(array.shape)
        args = (storage, offset // array.itemsize, shape, tuple(strides), t.requires_grad, hooks)
        if isinstance(t, Parameter):
            plain = args[:4] + (False, hooks)
            return _REBUILD_PARAMETER, (_Reduced(_REBUILD, plain), t.requires_grad, OrderedDict())
        return _REBUILD, args

    def save_global(self, obj: Any, name: str | None = None) -> None:
        module: str = getattr(obj, "__module__", None) or ""
        qualified = str(name or getattr(obj, "__qualname__", ""))
        if module == "flambeau" or module.startswith("flambeau."):
            self._write_global(pytorch_name(module), qualified, obj)
        else:
            super().save_global(obj, name)

    def _write_global(self, module: str, name: str, obj: Any) -> None:
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    def save_marker(self, obj: _Global) -> None:
        self._write_global(obj.module, obj.name, obj)

    def save_dtype(self, obj: D.dtype) -> None:
        self._write_global("torch", obj.name, obj)

    def save_named(self, obj: Any) -> None:
        self._write_global("torch", obj.name, obj)

    def save_size(self, obj: Size) -> None:
        self.save_reduce(_Global("torch", "Size"), (tuple(obj),), obj=obj)

    def save_device(self, obj: device) -> None:
        args = (obj.type,) if obj.index is None else (obj.type, obj.index)
        self.save_reduce(_Global("torch", "device"), args, obj=obj)

    def save_reduced(self, obj: _Reduced) -> None:
        self.save_reduce(obj.function, obj.args, obj=obj)

    def save_type(self, obj: type) -> None:
        self.save_global(obj)


def _sparse_parts(t: Any) -> tuple:
    """How a sparse tensor is put together again."""
    layout = _Reduced(_Global("torch.serialization", "_get_layout"), ("torch.sparse_coo",))
    parts = t._indices(), t._values(), t.shape, t.is_coalesced()
    return _Global("torch._utils", "_rebuild_sparse_tensor"), (layout, parts)


class _Reduced:
    """A call that the pickle makes when it is read."""

    def __init__(self, function: _Global, args: tuple):
        self.function, self.args = function, args

    def __call__(self) -> None:
        """Never called: pickle asks that what is to be called can be."""


_plain_type = _Pickler.dispatch[type]


def _save_type(self: _Pickler, obj: type) -> None:
    module = getattr(obj, "__module__", "")
    if module == "flambeau" or module.startswith("flambeau."):
        self.save_global(obj)
    else:
        _plain_type(self, obj)


_Pickler.dispatch.update({
    _Global: _Pickler.save_marker, D.dtype: _Pickler.save_dtype, Size: _Pickler.save_size,
    memory_format: _Pickler.save_named, layout: _Pickler.save_named, type: _save_type,
    device: _Pickler.save_device, _Reduced: _Pickler.save_reduced,
    FunctionType: lambda pickler, function: pickler.save_global(function),
})  # fmt: skip


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Writes an object that holds tensors (a state dict, a module, a list, …) to a file.

    ``f`` is a path or a file open for writing. PyTorch reads the file with ``torch.load``.
    A path is written whole or not at all.
    """
    data = io.BytesIO()
    pickler = _Pickler(data, pickle_protocol)
    pickler.dump(obj)
    if hasattr(f, "write"):
        _write_archive(f, "archive", data.getvalue(), list(pickler.storages.values()))
        return
    path = os.fspath(f)
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    handle, temporary = tempfile.mkstemp(prefix=".saving-", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            name = os.path.splitext(os.path.basename(path))[0] or "archive"
            _write_archive(file, name, data.getvalue(), list(pickler.storages.values()))
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _write_archive(file: Any, name: str, data: bytes, storages: list[_StorageId]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:

        def put(part: str, content: Any) -> None:
            # A fixed date: the same object gives the same bytes.
            entry = zipfile.ZipInfo(f"{name}/{part}", (1980, 1, 1, 0, 0, 0))
            _align(archive, entry)
            archive.writestr(entry, content)

        put("data.pkl", data)
        put("byteorder", "little")
        for storage in storages:
            array = storage.array
            flat = array.reshape(-1, order="A") if array.ndim else array.reshape(1)
            put(f"data/{storage.key}", flat.view(np.uint8).tobytes() if flat.size else b"")
        put("version", "3\n")


def _align(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Pads the header so that the content starts at a multiple of 64, as PyTorch's files do."""
    start = archive.fp.tell() + 30 + len(entry.filename.encode())  # type: ignore[union-attr]
    pad = -(start + 4) % 64
    entry.extra = b"FB" + pad.to_bytes(2, "little") + b"Z" * pad


# ---------------------------------------------------------------------- loading

_SAFE = {
    ("collections", "OrderedDict"): OrderedDict, ("torch", "Size"): Size,
    ("torch", "device"): device, ("builtins", "set"): set, ("builtins", "complex"): complex,
    ("builtins", "bytearray"): bytearray, ("_codecs", "encode"): None,
    ("builtins", "slice"): slice, ("collections", "Counter"): None,
}  # fmt: skip


class _StorageType:
    def __init__(self, d: D.dtype):
        self.dtype = d


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, read: Callable[[str], bytes], weights_only: bool):
        super().__init__(file)
        self._read, self._weights_only = read, weights_only
        self._storages: dict[str, np.ndarray] = {}

    def persistent_load(self, pid: Any) -> np.ndarray:
        kind, storage_type, key, _location, numel = pid
        if kind != "storage":
            raise pickle.UnpicklingError(f"unknown kind of persistent id: {kind!r}")
        if key not in self._storages:
            d = storage_type.dtype if isinstance(storage_type, _StorageType) else D.uint8
            data = bytearray(self._read(f"data/{key}"))
            if len(data) < numel * d.itemsize:
                raise RuntimeError(
                    f"storage {key} has {len(data)} bytes, {numel * d.itemsize} expected: the file "
                    "is damaged"
                )
            self._storages[key] = np.frombuffer(data, d.numpy, numel)
        return self._storages[key]

    def find_class(self, module: str, name: str) -> Any:
        module = "builtins" if module == "__builtin__" else module
        if module == "torch._utils":
            found = _REBUILDERS.get(name)
            if found is not None:
                return found
        if (module, name) == ("torch.serialization", "_get_layout"):
            return _get_layout
        if module in ("torch", "torch.storage") and name in _STORAGES:
            return _StorageType(_STORAGES[name])
        if module == "torch" and name in D.BY_NAME:
            return D.BY_NAME[name]
        if (module, name) in _SAFE:
            return _SAFE[module, name] or super().find_class(module, name)
        if module in ("torch.nn.parameter", "flambeau.nn.parameter") and name == "Parameter":
            from ..nn.parameter import Parameter

            return Parameter
        if self._weights_only:
            raise pickle.UnpicklingError(
                "Weights only load failed. Unsupported global: GLOBAL "
                f"{module}.{name} was not an allowed global by default.\n"
                "Hint: the file holds more than tensors and plain containers. If you trust its "
                "source, load it with weights_only=False."
            )
        return super().find_class(real_name(module) or module, name)


def _rebuild_tensor_v2(
    storage: np.ndarray, offset: int, size: tuple, stride: tuple, requires_grad: bool = False,
    hooks: Any = None, metadata: Any = None,
) -> Tensor:  # fmt: skip
    item = storage.itemsize
    need = offset + 1 + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if offset < 0 or any(s < 0 for s in stride) or (0 not in size and need > storage.size):
        raise RuntimeError("a tensor reaches outside its storage: the file is damaged")
    array = np.lib.stride_tricks.as_strided(
        storage[offset:] if size else storage[offset : offset + 1],
        tuple(size),
        tuple(s * item for s in stride),
    )
    out = wrap(array)
    out._needs = bool(requires_grad)
    return out


def _rebuild_parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Tensor:
    from ..nn.parameter import Parameter

    return Parameter(data, requires_grad)


def _rebuild_sparse_tensor(kind: Any, data: tuple) -> Tensor:
    from ..sparse import sparse_coo_tensor

    indices, values, size, coalesced = data
    return sparse_coo_tensor(indices, values, size, is_coalesced=coalesced)


def _get_layout(name: str) -> Any:
    if name != "torch.sparse_coo":
        raise NotImplementedError(f"the file holds a tensor of layout {name}")
    return sparse_coo


_REBUILDERS = {
    "_rebuild_sparse_tensor": _rebuild_sparse_tensor,
    "_rebuild_tensor_v2": _rebuild_tensor_v2,
    "_rebuild_tensor": _rebuild_tensor_v2,
    "_rebuild_parameter": _rebuild_parameter,
}


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **_: Any,
) -> Any:
    """Reads a file that ``save`` or PyTorch's ``torch.save`` has written.

    With ``weights_only`` (the default) only tensors and plain containers are accepted, so that a
    file cannot run code. Raises FileNotFoundError, RuntimeError for damaged files,
    pickle.UnpicklingError for refused contents.
    """
    if isinstance(map_location, (str, device)):
        require_cpu(map_location)
    if hasattr(f, "read"):
        return _load(f, weights_only is not False)
    with open(f, "rb") as file:
        return _load(file, weights_only is not False)


def _load(file: Any, weights_only: bool) -> Any:
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise RuntimeError(
            "PytorchStreamReader failed reading zip archive: failed finding central directory\n"
            "Hint: the file is damaged, or was written in PyTorch's format from before version 1.6."
        ) from None
    with archive:
        main = next((n for n in archive.namelist() if n.endswith("/data.pkl")), None)
        if main is None:
            raise RuntimeError("the archive holds no data.pkl: it is no file of saved tensors")
        root = main[: -len("data.pkl")]

        def read(part: str) -> bytes:
            try:
                return archive.read(root + part)
            except KeyError:
                raise RuntimeError(f"the file is damaged: {part} is missing") from None

        return _Unpickler(io.BytesIO(read("data.pkl")), read, weights_only).load()
