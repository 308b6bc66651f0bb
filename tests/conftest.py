"""Settings of all tests."""

from __future__ import annotations

import os
from pathlib import Path

import flambeau

os.environ["FLAMBEAU_STRICT"] = "1"  # the compiler's mistakes are raised, not passed over

# Tests that start Python in another folder find the same package.
_SOURCE = str(Path(flambeau.__file__).resolve().parents[1])
os.environ["PYTHONPATH"] = os.pathsep.join(
    p for p in (_SOURCE, os.environ.get("PYTHONPATH")) if p
)
