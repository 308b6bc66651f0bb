"""The table's operators that PyTorch keeps under ``special``."""

from .ops.bind import FUNCTIONS as _FUNCTIONS

globals().update(_FUNCTIONS["special"])
