"""What a write into a tensor means for gradients.

A write makes a new value, and the tensor's history continues from there. Where the tensor is a view
of another, the other's history continues too: ``CopySlices`` takes the written part's gradient out
and sends it to the write, and every view's history is renewed from the base.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.graph import attach, class_of, edge_of, next_sequence, plan_of
from ..autograd.modes import mode
from ..tensor.recording import recorders
from ..tensor.tensor import Tensor, storage_of, wrap
from . import table


def check(target: Tensor, name: str) -> None:
    """Refuses a write that would make gradients wrong, with PyTorch's sentences."""
    if target._inference and not mode.inference:
        raise RuntimeError(
            "Inplace update to inference tensor outside InferenceMode is not allowed.You can make "
            "a clone to get a normal tensor before doing inplace update."
            "See https://github.com/pytorch/rfcs/pull/17 for more details."
        )
    if not mode.grad:
        return
    base = target._base
    if base is None:
        if target._needs and target._node is None:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation.\n"
                "Hint: write inside `with no_grad():`, or use the operator that returns a new "
                f"tensor ({name.rstrip('_')})."
            )
        return
    if base._needs and base._node is None:
        raise RuntimeError(
            "a view of a leaf Variable that requires grad is being used in an in-place operation."
        )
    if not target._view_kind:
        return
    if target._view_kind == "multi" and (target._needs or base._needs):
        raise RuntimeError(
            f"Output {target._nr} of {_node_name(target)} is a view and is being modified inplace. "
            "This view is the output of a function that returns multiple views. Such functions do "
            "not allow the output views to be modified inplace. You should replace the inplace "
            "operation by an out-of-place one."
        )
    if target._view_kind == "no_grad" and base._needs:
        raise RuntimeError(
            "A view was created in no_grad mode and is being modified inplace with grad mode "
            "enabled. Given that this use case is ambiguous and error-prone, it is forbidden. You "
            "can clarify your code by moving both the view and the inplace either both inside the "
            "no_grad block (if you don't want the inplace to be tracked) or both outside (if you "
            "want the inplace to be tracked)."
        )


def _node_name(t: Tensor) -> str:
    name = type(t._node).__name__ if t._node is not None else "View"
    return name.removesuffix("Backward0")


def snapshot(op: table.Op, target: Tensor, args: tuple) -> Tensor | None:
    """The target's value before the write, where the derivative will ask for it."""
    mask = 0
    for i in op.tensor_order:
        a = args[i]
        if isinstance(a, Tensor) and a._needs:
            mask |= 1 << i
    plan = plan_of(op, mask)
    if 0 not in plan.keep:
        return None
    before = wrap(target._data.copy())
    for r in recorders:
        r.record(table.ROWS["clone"], (target, None), (before,))
    before._node, before._nr, before._needs = target._node, target._nr, target._needs
    return before


def record(op: table.Op, target: Tensor, args: tuple, before: Tensor | None) -> Any:
    """Continues the target's history (and its base's and their views') after a write."""
    written = wrap(target._data)  # stands for the value after the write
    written._storage = storage_of(target)
    node = attach(op, args, (written,), before=before)
    adopt(target, node)
    return node


def adopt(target: Tensor, node: Any) -> None:
    """Makes ``node`` the target's history; renews the base's and the views' histories."""
    storage = storage_of(target)
    base = target._base
    if base is None:
        target._node, target._nr, target._needs = node, 0, True
        base = target
    else:
        base._node, base._nr, base._needs = _copy_slices(base, target, node), 0, True
    if storage.views:
        for ref in list(storage.views):
            view = ref()
            if view is not None and view._base is base and view._data.dtype.kind in "fcV":
                _renew(view, base)


def renew_kept_outputs(node: Any) -> None:
    """A write's own result was kept before the write was counted: keep it at the new version."""
    if node.outputs:
        node.outputs = [
            None if kept is None else (kept[0], kept[1], kept[1].version if kept[1] else 0)
            for kept in node.outputs
        ]


def geometry(view: Tensor, base: Tensor) -> tuple:
    """Where a view lies in its base's memory: the arguments of the row ``as_strided``.

    Size, strides and offset in elements of the view; the strides of the base's memory in bytes
    where it is not contiguous; the view's type where it reads the memory as another type.
    """
    a, b = view._data, base._data
    item = a.itemsize
    offset = a.__array_interface__["data"][0] - b.__array_interface__["data"][0]
    return (
        a.shape,
        tuple([s // item for s in a.strides]),
        offset // item if a.size else 0,
        None if b.flags.c_contiguous else b.strides,
        None if a.dtype == b.dtype else a.dtype,
    )


def _copy_slices(base: Tensor, view: Tensor, written: Any) -> Any:
    """The node of a base whose part has been written: as_strided_scatter, by its own name."""
    op = table.ROWS["as_strided_scatter"]
    node = class_of(op, "CopySlices")()
    node.plan = plan_of(op, 0b11 if base._needs else 0b10)
    metas = _meta(base), _meta(view)
    node.args = (*metas, *geometry(view, base))
    node.versions = (0,) * len(node.args)
    node.edges = (edge_of(base), (written, 0))
    node.sequence = next_sequence()
    return node


def _renew(view: Tensor, base: Tensor) -> None:
    op = table.ROWS["as_strided"]
    node = class_of(op, "AsStridedBackward0")()
    node.plan = plan_of(op, 1)
    node.args = (_meta(base), *geometry(view, base))
    node.versions = (0,) * len(node.args)
    node.edges = (edge_of(base),)
    node.sequence = next_sequence()
    view._node, view._nr, view._needs = node, 0, True


def _meta(t: Tensor) -> Any:
    from .expressions import Meta

    return Meta(t._data.shape, t._data.dtype)


def _prepare(op: table.Op) -> None:
    if not op.prepared:
        from .dispatch import prepare

        prepare(op)


def cut(target: Tensor) -> None:
    """Ends a tensor's history where its value has been replaced: nothing flows further back."""
    op = table.ROWS["zeros_gradient"]
    _prepare(op)
    written = wrap(target._data)
    written._storage = storage_of(target)
    adopt(target, attach(op, (target,), (written,)))


def assign(target: Tensor, array: np.ndarray) -> None:
    """Writes an array into a tensor's memory and counts the write."""
    np.copyto(target._data, array, casting="unsafe")
    storage_of(target).version += 1
