"""The transforms under torchvision's v2 names: they take samples, not pictures alone.

A sample is a picture, or a tuple, list or dict that holds pictures, or several arguments. Its
pictures are all Pillow images in it, or, where there are none, its first tensor; all are
transformed in the same way, and everything else is handed on as it is. Boxes and masks are not
known here, and ``ToImage`` gives a plain tensor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np

import flambeau
from flambeau.nn.modules.module import Module
from flambeau.vision import transforms as v1
from flambeau.vision.pillow import is_pil_image
from flambeau.vision.transforms.resample import InterpolationMode as InterpolationMode
from flambeau.vision.transforms.v2 import functional as functional


def _parts(sample: Any) -> list[Any]:
    """What is in a sample, however deep."""
    if isinstance(sample, Mapping):
        return [part for value in sample.values() for part in _parts(value)]
    if isinstance(sample, (tuple, list)):
        return [part for value in sample for part in _parts(value)]
    return [sample]


def _replaced(sample: Any, results: dict[int, Any]) -> Any:
    """The sample with its parts replaced, by their identity."""
    if isinstance(sample, Mapping):
        pairs = {key: _replaced(value, results) for key, value in sample.items()}
        return type(sample)(pairs)  # type: ignore[call-arg]
    if isinstance(sample, (tuple, list)):
        values = [_replaced(value, results) for value in sample]
        return type(sample)(*values) if hasattr(sample, "_fields") else type(sample)(values)
    return results.get(id(sample), sample)


class Transform(Module):
    """Base class: a subclass has ``transform(inpt, params)``, and may have ``make_params(inputs)``.

    ``_kinds`` says what else than Pillow images and tensors counts as a picture.
    """

    _kinds: tuple[type, ...] = ()
    _shown: tuple[str, ...] = ()

    def _pictures(self, sample: Any) -> list[Any]:
        parts = _parts(sample)
        images = [p for p in parts if is_pil_image(p) or isinstance(p, self._kinds)]
        return images or [p for p in parts if isinstance(p, flambeau.Tensor)][:1]

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        """What is drawn at random once for all pictures of a sample."""
        return {}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        """One picture, transformed."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        sample = inputs if len(inputs) > 1 else inputs[0]
        pictures = self._pictures(sample)
        params = self.make_params(pictures)
        return _replaced(sample, {id(p): self.transform(p, params) for p in pictures})

    def extra_repr(self) -> str:
        values = [(name, getattr(self, name)) for name in self._shown]
        return ", ".join(
            f"{name}={value.value if isinstance(value, Enum) else value}"
            for name, value in values
            if value is not None
        )


class _OfV1(Transform):
    """A transform that does to each picture what the one of the first version does.

    The same random numbers are drawn for every picture of a sample.
    """

    def forward(self, *inputs: Any) -> Any:
        sample = inputs if len(inputs) > 1 else inputs[0]
        pictures = self._pictures(sample)
        state = flambeau.get_rng_state() if len(pictures) > 1 else None
        results = {}
        for picture in pictures:
            if state is not None:
                flambeau.set_rng_state(state)
            results[id(picture)] = self._single(picture)
        return _replaced(sample, results)

    def _single(self, picture: Any) -> Any:
        raise NotImplementedError

    __repr__ = Module.__repr__


# The transforms that are those of the first version, and what their printed forms show.
_SHOWN = {
    "CenterCrop": "size",
    "ColorJitter": "brightness contrast saturation hue",
    "ConvertImageDtype": "",
    "FiveCrop": "size",
    "GaussianBlur": "kernel_size sigma",
    "Grayscale": "num_output_channels",
    "LinearTransformation": "",
    "Normalize": "mean std inplace",
    "Pad": "padding fill padding_mode",
    "RandomAdjustSharpness": "p sharpness_factor",
    "RandomAffine": "degrees translate scale shear interpolation fill center",
    "RandomAutocontrast": "p",
    "RandomCrop": "size padding pad_if_needed fill padding_mode",
    "RandomEqualize": "p",
    "RandomErasing": "p scale ratio value inplace",
    "RandomGrayscale": "p",
    "RandomHorizontalFlip": "p",
    "RandomInvert": "p",
    "RandomPerspective": "p distortion_scale interpolation fill",
    "RandomPosterize": "p bits",
    "RandomResizedCrop": "size scale ratio interpolation antialias",
    "RandomRotation": "degrees interpolation expand center fill",
    "RandomSolarize": "p threshold",
    "RandomVerticalFlip": "p",
    "TenCrop": "size vertical_flip",
}  # fmt: skip

for _name, _attributes in _SHOWN.items():
    _base = getattr(v1, _name)
    globals()[_name] = type(
        _name,
        (_OfV1, _base),
        {
            "__doc__": _base.__doc__,
            "__module__": __name__,
            "_single": _base.forward,
            "_shown": tuple(_attributes.split()),
        },
    )


class Resize(_OfV1, v1.Resize):
    __doc__ = v1.Resize.__doc__
    _shown = ("size", "interpolation", "max_size", "antialias")
    _single = v1.Resize.forward  # type: ignore[assignment]

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        sizes = [size] if isinstance(size, int) else size
        super().__init__(sizes, interpolation, max_size, antialias)


class Identity(Transform):
    """The sample as it is."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt


class ToPureTensor(Identity):
    """The sample as it is: all tensors here are plain."""


class ToImage(Transform):
    """Pillow images and arrays (H x W x C) as tensors (C x H x W) of the same values."""

    _kinds = (np.ndarray,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return functional.to_image(inpt)


class PILToTensor(Transform):
    """Pillow images as tensors (C x H x W) of the same values."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return functional.pil_to_tensor(inpt) if is_pil_image(inpt) else inpt


class ToTensor(Transform):
    """Pillow images and arrays as tensors, bytes in 0 ... 1, as the first version's."""

    _kinds = (np.ndarray,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt if isinstance(inpt, flambeau.Tensor) else functional.to_tensor(inpt)


class ToPILImage(Transform):
    """Tensors (C x H x W) and arrays (H x W x C) as Pillow images.

    Args:
        mode: Pillow's mode; None infers it from channels and dtype.
    """

    _kinds = (np.ndarray,)
    _shown = ("mode",)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt if is_pil_image(inpt) else functional.to_pil_image(inpt, self.mode)


class ToDtype(Transform):
    """Tensors in another dtype.

    Args:
        dtype: the dtype wanted.
        scale: scale the values to the dtype's range (floats: 0 ... 1).
    """

    _shown = ("scale",)

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        self.dtype = dtype
        self.scale = scale

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if not isinstance(inpt, flambeau.Tensor):
            return inpt
        return functional.to_dtype(inpt, self.dtype, self.scale)


class Lambda(Transform):
    """A function of every part of a sample.

    Args:
        lambd: the function.
        types: types of the parts that it is called with; all, unless given.
    """

    def __init__(self, lambd: Callable[[Any], Any], *types: type) -> None:
        super().__init__()
        self.lambd = lambd
        self.types = types or (object,)

    def _pictures(self, sample: Any) -> list[Any]:
        return [part for part in _parts(sample) if isinstance(part, self.types)]

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self.lambd(inpt)

    def extra_repr(self) -> str:
        name = getattr(self.lambd, "__name__", "")
        return ", ".join([name] * bool(name) + [f"types={[t.__name__ for t in self.types]}"])


class _Container(Transform):
    """Transforms of transforms."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        super().__init__()
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence of callables")
        self.transforms = transforms

    def _applied(self, transforms: Sequence[Callable], inputs: tuple[Any, ...]) -> Any:
        several = len(inputs) > 1
        for transform in transforms:
            outputs = transform(*inputs)
            inputs = outputs if several else (outputs,)
        return inputs if several else inputs[0]

    def extra_repr(self) -> str:
        return "\n".join(f"    {transform}" for transform in self.transforms)


class Compose(_Container):
    """One transform after the other.

    Args:
        transforms: the transforms, first to last.
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        super().__init__(transforms)
        if not transforms:
            raise ValueError("Pass at least one transform")

    def forward(self, *inputs: Any) -> Any:
        return self._applied(self.transforms, inputs)


class RandomApply(_Container):
    """With probability ``p`` all of the transforms, otherwise none."""

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5) -> None:
        super().__init__(transforms)
        if not 0.0 <= p <= 1.0:
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        transforms = [] if flambeau.rand(1).item() >= self.p else self.transforms
        return self._applied(transforms, inputs)


class RandomChoice(_Container):
    """One of the transforms.

    Args:
        transforms: the transforms.
        p: their weights; equal, unless given.
    """

    def __init__(self, transforms: Sequence[Callable], p: list[float] | None = None) -> None:
        super().__init__(transforms)
        weights = [1] * len(transforms) if p is None else p
        if len(weights) != len(transforms):
            raise ValueError(
                "Length of p doesn't match the number of transforms: "
                f"{len(weights)} != {len(transforms)}"
            )
        self.p = [weight / sum(weights) for weight in weights]

    def forward(self, *inputs: Any) -> Any:
        number = int(flambeau.multinomial(flambeau.tensor(self.p), 1))
        return self._applied([self.transforms[number]], inputs)


class RandomOrder(_Container):
    """All the transforms, in random order."""

    def forward(self, *inputs: Any) -> Any:
        order = flambeau.randperm(len(self.transforms)).tolist()
        return self._applied([self.transforms[number] for number in order], inputs)
