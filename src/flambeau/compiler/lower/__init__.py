"""What the compiler makes of each operator: loops, calls of the runtime, or its kernel in Python.

A lowering is a function of the :class:`.builder.Builder` and a recorded call that adds nodes. The
files of this folder hold them by family; an operator without one, or whose lowering gives up
(:class:`.builder.NotHere`), runs as its kernel.
"""

from __future__ import annotations

from . import (
    borders,
    contractions,
    copies,
    divisions,
    draws,
    indexing,
    moves,
    networks,
    pointwise,
    recurrent,
    reductions,
    rows,
    scans,
    sorts,
    updates,
)
from .builder import LOWERINGS, Builder, lower

__all__ = ["LOWERINGS", "Builder", "lower"]
