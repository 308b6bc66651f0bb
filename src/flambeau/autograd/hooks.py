"""What registering a hook returns, everywhere: on tensors, nodes, modules and optimizers."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any, ClassVar

from ..tensor.recording import changes


class RemovableHandle:
    """What registering a hook returns: ``remove()`` takes the hook away again.

    It is a context manager too: the hook is removed at the end of the ``with`` block.
    The dictionaries are held weakly, so that a handle keeps nothing alive.
    """

    next_id: ClassVar[int] = 0

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extras = extra_dict if isinstance(extra_dict, (list, tuple)) else (extra_dict,)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extras if d is not None)

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        changes.count += 1
        for ref in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __getstate__(self) -> tuple:
        return self.hooks_dict_ref(), self.id, [ref() for ref in self.extra_dict_ref]

    def __setstate__(self, state: tuple) -> None:
        hooks, self.id, extras = state
        # A handle that was copied alone refers to nothing that is still there.
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extras if d is not None)
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def add_hook(
    hooks: Any, hook: Any, *, prepend: bool = False, extra_dict: Any = None
) -> RemovableHandle:
    """Puts a hook into an ordered dictionary, as its last or first one; gives its handle."""
    changes.count += 1
    handle = RemovableHandle(hooks, extra_dict=extra_dict)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle
