"""What initial values of weights need beyond random numbers."""

from __future__ import annotations

import numpy as np

from ..table import op


@op("orthogonal_factor(input)", where="", formula=r"Q \text{ of } X = Q R,\ R_{ii} \ge 0")
def orthogonal_factor(input: np.ndarray) -> np.ndarray:
    """The orthonormal columns of a matrix's QR decomposition, in the signs that make R's diagonal
    positive, so that they depend on nothing but the matrix."""
    q, r = np.linalg.qr(input)
    return (q * np.sign(np.diagonal(r))).astype(input.dtype)
