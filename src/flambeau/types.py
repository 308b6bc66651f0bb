"""Names for annotations: what a device, a size or a file may be given as."""

from __future__ import annotations

import os
from typing import IO, TypeAlias

from .tensor.device import device
from .tensor.size import Size as Size
from .tensor.tensor import Storage as Storage
from .tensor.tensor import Tensor as Tensor

Number: TypeAlias = int | float | bool
Device: TypeAlias = device | str | int | None
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
IntLikeType: TypeAlias = int
FloatLikeType: TypeAlias = float
BoolLikeType: TypeAlias = bool
