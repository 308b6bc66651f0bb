"""Boxes as rows (x1, y1, x2, y2) with x1 < x2 and y1 < y2."""

from __future__ import annotations

import math

import flambeau
from flambeau.tensor.tensor import Tensor


def _wide(t: Tensor) -> Tensor:
    """In a type in which sums and products of coordinates do not overflow."""
    if t.is_floating_point():
        return t if t.dtype in (flambeau.float32, flambeau.float64) else t.float()
    return t if t.dtype in (flambeau.int32, flambeau.int64) else t.int()


def box_area(boxes: Tensor) -> Tensor:
    """The areas of boxes (N, 4)."""
    boxes = _wide(boxes)
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _overlap(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """The areas of the intersection and of the union of each pair."""
    corner = flambeau.max(boxes1[..., None, :2], boxes2[..., None, :, :2])
    far = flambeau.min(boxes1[..., None, 2:], boxes2[..., None, :, 2:])
    size = _wide(far - corner).clamp(min=0)
    inter = size[..., 0] * size[..., 1]
    union = box_area(boxes1)[..., None] + box_area(boxes2)[..., None, :] - inter
    return inter, union


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """(N, M): intersection over union of each pair of boxes (N, 4) and (M, 4)."""
    inter, union = _overlap(boxes1, boxes2)
    return inter / union


def _enclosing(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """(N, M, 2): width and height of the smallest box around each pair."""
    corner = flambeau.min(boxes1[:, None, :2], boxes2[:, :2])
    far = flambeau.max(boxes1[:, None, 2:], boxes2[:, 2:])
    return _wide(far - corner).clamp(min=0)


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """(N, M): IoU less the part of the enclosing box that neither box covers."""
    inter, union = _overlap(boxes1, boxes2)
    size = _enclosing(boxes1, boxes2)
    around = size[..., 0] * size[..., 1]
    return inter / union - (around - union) / around


def distance_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """(N, M): IoU less the squared distance of the centres over that of the enclosing corners."""
    boxes1, boxes2 = _wide(boxes1), _wide(boxes2)
    size = _enclosing(boxes1, boxes2)
    diagonal = size[..., 0] ** 2 + size[..., 1] ** 2 + eps
    centres1, centres2 = (boxes[:, :2] + boxes[:, 2:] for boxes in (boxes1, boxes2))
    apart = ((centres1[:, None] - centres2[None]) / 2) ** 2
    return box_iou(boxes1, boxes2) - apart.sum(-1) / diagonal


def complete_box_iou(boxes1: Tensor, boxes2: Tensor, eps: float = 1e-7) -> Tensor:
    """(N, M): the distance IoU less a penalty for unlike proportions."""
    boxes1, boxes2 = _wide(boxes1), _wide(boxes2)
    iou = box_iou(boxes1, boxes2)
    angles = [flambeau.atan((b[:, 2] - b[:, 0]) / (b[:, 3] - b[:, 1])) for b in (boxes1, boxes2)]
    v = 4 / math.pi**2 * (angles[0][:, None] - angles[1][None]) ** 2
    with flambeau.no_grad():
        alpha = v / (1 - iou + v + eps)
    return distance_box_iou(boxes1, boxes2, eps) - alpha * v


_FORMS = ("xyxy", "xywh", "cxcywh")


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Boxes in another form: corners "xyxy", corner and size "xywh", centre and size "cxcywh"."""
    if in_fmt not in _FORMS or out_fmt not in _FORMS:
        raise ValueError(
            f"Unsupported Bounding Box Conversions for given in_fmt {in_fmt} and out_fmt {out_fmt}"
        )
    if in_fmt == out_fmt:
        return boxes.clone()
    a, b, c, d = boxes.unbind(-1)
    if in_fmt == "xywh":
        c, d = a + c, b + d
    elif in_fmt == "cxcywh":
        a, b, c, d = a - 0.5 * c, b - 0.5 * d, a + 0.5 * c, b + 0.5 * d
    if out_fmt == "xywh":
        c, d = c - a, d - b
    elif out_fmt == "cxcywh":
        a, b, c, d = (a + c) / 2, (b + d) / 2, c - a, d - b
    return flambeau.stack((a, b, c, d), -1)


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes cut off at the borders of a picture of that height and width."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return flambeau.stack((x, y), -1).reshape(boxes.shape)


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """The indices of the boxes whose sides are at least ``min_size``."""
    sides = boxes[:, 2:] - boxes[:, :2]
    return flambeau.where((sides >= min_size).all(1))[0]


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The indices of the boxes that overlap no better one by more than the threshold, in order."""
    order = scores.argsort(stable=True, descending=True)
    overlaps = (box_iou(boxes, boxes) > iou_threshold).numpy()
    kept: list[int] = []
    for i in order.tolist():
        if not overlaps[i, kept].any():
            kept.append(i)
    return flambeau.tensor(kept, dtype=flambeau.int64)


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """``nms`` among the boxes of each category ``idxs``, of all categories, best first."""
    if boxes.numel() == 0:
        return flambeau.empty((0,), dtype=flambeau.int64)
    # Boxes of different categories are moved so far apart that they cannot overlap.
    apart = idxs.to(boxes) * (boxes.max() + 1)
    return nms(boxes + apart[:, None], scores, iou_threshold)
