"""Parameter: a tensor that a network learns. Buffer: one that it only keeps.

Both have a form without a size yet, for layers that learn their input's size at the first call.
"""

from __future__ import annotations

from typing import Any

import flambeau

from ..tensor import naming
from ..tensor.size import Size
from ..tensor.tensor import Tensor, storage_of


def _share(target: Tensor, data: Tensor | None, what: str) -> None:
    """Makes the target hold the same memory as another tensor, without its history."""
    if data is None:
        Tensor.__init__(target)
        return
    if not isinstance(data, Tensor):
        raise AttributeError(
            f"'{type(data).__name__}' object has no attribute 'detach'\n"
            f"Hint: nn.{what} takes a tensor, as in "
            f"nn.{what}({naming.prefix()}.tensor(...))."
        )
    target._data = data._data
    target._storage = storage_of(data)


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a module's attribute, it registers itself.

    Args:
        data: the values; the parameter shares their memory
        requires_grad: whether gradients are recorded for it

    Raises RuntimeError for integers, which can have no gradient, unless `requires_grad` is False.
    """

    _shown_as = "tensor"

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        _share(self, data, "Parameter")
        if requires_grad and not (self.is_floating_point() or self.is_complex()):
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients\n"
                f"Hint: this tensor is {self.dtype}; say requires_grad=False, or register_buffer "
                "for what is not learnt."
            )
        self._needs = bool(requires_grad)

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return "Parameter containing:\n" + super().__repr__(tensor_contents=tensor_contents)

    __str__ = __repr__

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        # As in PyTorch, the copy has the values and no gradient.
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.detach().clone(), self.requires_grad)
        return memo[id(self)]


class Buffer(Tensor):
    """A tensor that a module keeps but does not learn: assigned to an attribute, it registers.

    Args:
        data: the values; the buffer shares their memory
        persistent: whether the module's state dictionary holds it
    """

    _shown_as = "tensor"

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        _share(self, data, "Buffer")
        if data is not None and data.requires_grad:
            self._needs = True
        self.persistent = persistent


class UninitializedTensorMixin(Tensor):
    """A parameter or buffer whose size is not known yet; `materialize` gives it one."""

    _becomes: type[Tensor]

    @property
    def shape(self) -> Size:
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    def numel(self) -> int:
        """Raises ValueError: there are no elements to count yet."""
        raise ValueError(
            "Attempted to use an uninitialized parameter in numel. This error happens when you are "
            "using a `LazyModule` or explicitly manipulating "
            f"`{naming.prefix()}.nn.parameter.{type(self).__name__}` objects. When using "
            "LazyModules Call `forward` with a dummy batch to initialize the parameters before "
            "calling functions"
        )

    def detach(self) -> UninitializedTensorMixin:
        """The tensor itself: it has no history, and no values to share."""
        return self

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Makes this a parameter or buffer of a size, with arbitrary values."""
        self.data = flambeau.empty(shape, device=device, dtype=dtype or self.dtype)
        self.__class__ = self._becomes  # type: ignore[assignment]

    def __repr__(self, *, tensor_contents: str | None = None) -> str:
        return f"<{type(self).__name__}>"

    __str__ = __repr__


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose size is not known yet."""

    _becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(flambeau.empty(0, device=device, dtype=dtype), requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> UninitializedParameter:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)
        return memo[id(self)]


class UninitializedBuffer(UninitializedTensorMixin, Buffer):
    """A buffer whose size is not known yet."""

    _becomes = Buffer

    def __init__(
        self,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> None:
        super().__init__(flambeau.empty(0, device=device, dtype=dtype), persistent=persistent)


def is_lazy(value: object) -> bool:
    """Whether a parameter or buffer has no size yet."""
    return isinstance(value, UninitializedTensorMixin)
