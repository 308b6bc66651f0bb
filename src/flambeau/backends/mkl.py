"""Intel's MKL: linear algebra is done by the library that NumPy was built with."""

from __future__ import annotations


def is_available() -> bool:
    """Whether NumPy's linear algebra is MKL's."""
    import numpy as np

    info = np.show_config(mode="dicts") or {}
    blas = info.get("Build Dependencies", {}).get("blas", {})
    return "mkl" in str(blas.get("name", "")).lower()
