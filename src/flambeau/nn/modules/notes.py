"""Notes on errors: where in the network an exception arose, and what the layer expected.

An exception that leaves a module's `forward` passes every module around it. The innermost adds a
note, and each one outside puts the name by which it knows the one inside in front of the path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...tensor.tensor import Tensor

if TYPE_CHECKING:
    from .module import Module


class _Place:
    """What is known of the place so far; travels on the exception itself."""

    __slots__ = ("note", "outermost", "path", "text")

    def __init__(self, module: Module, text: str) -> None:
        self.outermost = module
        self.path = ""
        self.text = text
        self.note = self._line()

    def _line(self) -> str:
        return f"in layer '{self.path}' {self.text}" if self.path else f"in layer {self.text}"

    def move_to(self, parent: Module) -> None:
        """The exception has reached a module further out."""
        for path, module in parent.named_modules():
            if module is self.outermost and path:
                self.path = f"{path}.{self.path}" if self.path else path
                break
        self.outermost = parent
        self.note = self._line()


def annotate(error: BaseException, module: Module, args: tuple) -> None:
    """Adds or completes the note that names the layer in which an error arose."""
    place = getattr(error, "_place", None)
    if place is None:
        if isinstance(error, (NotImplementedError, KeyError)):  # says itself what is missing
            return
        place = error._place = _Place(module, _describe(module, args))  # type: ignore[attr-defined]
        error.add_note(place.note)
        return
    old = place.note
    place.move_to(module)
    notes = error.__notes__
    if old in notes:
        notes[notes.index(old)] = place.note


def _describe(module: Module, args: tuple) -> str:
    """The layer, the shapes that it was given, and what it expects."""
    name = repr(module) if not module._modules else type(module).__name__
    shapes = [f"{list(value.shape)}" for value in args if isinstance(value, Tensor)]
    parts = []
    if shapes:
        parts.append(
            f"input{'s have shapes' if len(shapes) > 1 else ' has shape'} " + " and ".join(shapes)
        )
    expected = _expectation(module, args)
    if expected:
        parts.append(expected)
    return f"{name}: {', '.join(parts)}" if parts else name


def _expectation(module: Any, args: tuple) -> str:
    """What the layer says of the input that it takes; never lets another error out."""
    describe = getattr(module, "_expects", None)
    if describe is None or not args or not isinstance(args[0], Tensor):
        return ""
    try:
        return describe(args[0])
    except Exception:
        return ""
