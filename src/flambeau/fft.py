"""The table's operators that PyTorch keeps under ``fft``."""

from .ops.bind import FUNCTIONS as _FUNCTIONS

globals().update(_FUNCTIONS["fft"])
