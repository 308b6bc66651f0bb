"""Lazy layers: their input's size is learnt at the first call."""

from __future__ import annotations

import itertools
from typing import Any

import flambeau

from ...tensor.tensor import Tensor
from ..parameter import UninitializedTensorMixin, is_lazy
from .module import Module


class LazyModuleMixin(Module):
    """Put before a layer's class, this makes the layer wait for its first input.

    The subclass gives its parameters as `UninitializedParameter`, and sets their sizes in
    `initialize_parameters`. After the first call the module is one of `cls_to_become`.
    """

    cls_to_become: type | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._load_hook = self._register_load_state_dict_pre_hook(self._lazy_load_hook)
        self._initialize_hook = self.register_forward_pre_hook(
            self._infer_parameters, with_kwargs=True
        )

    def _lazy_load_hook(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """Parameters take their sizes from a state dictionary that has them."""
        for name, value in itertools.chain(self._parameters.items(), self._buffers.items()):
            given = state_dict.get(prefix + name)
            known = isinstance(given, Tensor) and not is_lazy(given)
            if known and isinstance(value, UninitializedTensorMixin):
                value.materialize(given.shape)  # type: ignore[union-attr]

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Sets the parameters' sizes, given the arguments of the first call."""
        raise NotImplementedError(
            f"initialize_parameters is not implemented for {type(self).__name__}"
        )

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer of this module has no size yet."""
        values = itertools.chain(self._parameters.values(), self._buffers.values())
        return any(is_lazy(value) for value in values)

    def _infer_parameters(self, module: Any, args: tuple, kwargs: dict[str, Any]) -> None:
        with flambeau.no_grad():
            self.initialize_parameters(*args, **kwargs)
        if self.has_uninitialized_params():
            raise RuntimeError(f"module {self._get_name()} has not been fully initialized")
        for hook in ("_initialize_hook", "_load_hook"):
            getattr(self, hook).remove()
            delattr(self, hook)
        if self.cls_to_become is not None:
            self.__class__ = self.cls_to_become  # type: ignore[assignment]
