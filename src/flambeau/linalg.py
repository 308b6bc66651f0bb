"""The table's operators that PyTorch keeps under ``linalg``."""

from .ops.bind import FUNCTIONS as _FUNCTIONS
from .ops.linalg.checks import LinAlgError as LinAlgError

globals().update(_FUNCTIONS["linalg"])
