"""The processor."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """The widest vectors that NumPy's loops use here: "AVX512", "AVX2", "NEON" or "DEFAULT"."""
    import numpy as np

    info = np.show_config(mode="dicts") or {}
    found = " ".join(info.get("SIMD Extensions", {}).get("found", []))
    for feature in ("AVX512", "AVX2", "NEON"):
        if feature in found:
            return feature
    return "AVX2" if "X86_V3" in found else "DEFAULT"
