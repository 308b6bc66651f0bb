"""The version that programs see when they ask PyTorch's: whose API this is, and flambeau's own."""

from __future__ import annotations

from typing import Any

import flambeau


class TorchVersion(str):
    """A version as text that compares as a version: with text, tuples and other versions.

    ``TorchVersion("2.13.0") > "2.9"`` and ``TorchVersion("2.13.0") >= (2, 9)`` are True.
    """

    def _ordered(self, other: Any) -> tuple[Any, Any]:
        try:
            return _key(self), _key(other)
        except ValueError:  # no version: compared as text
            return str(self), str(other)

    def __lt__(self, other: Any) -> bool:
        mine, theirs = self._ordered(other)
        return mine < theirs

    def __le__(self, other: Any) -> bool:
        mine, theirs = self._ordered(other)
        return mine <= theirs

    def __gt__(self, other: Any) -> bool:
        mine, theirs = self._ordered(other)
        return mine > theirs

    def __ge__(self, other: Any) -> bool:
        mine, theirs = self._ordered(other)
        return mine >= theirs

    def __eq__(self, other: object) -> bool:
        mine, theirs = self._ordered(other)
        return mine == theirs

    def __ne__(self, other: object) -> bool:
        mine, theirs = self._ordered(other)
        return mine != theirs

    __hash__ = str.__hash__


# What stands behind the numbers of a version that is not yet, or more than, the numbers say.
_STAGES = {"dev": -4, "a": -3, "b": -2, "rc": -1, "": 0, "post": 1}


def _key(version: Any) -> tuple:
    """What versions are ordered by: the numbers, the stage and its number, the local part."""
    if isinstance(version, (tuple, list)):
        version = ".".join(map(str, version))
    import re

    form = r"v?(\d+(?:\.\d+)*)[.-]?(?:(dev|a|b|rc|post)\.?(\d*)\S*?)?(?:\+(.*))?"
    match = re.fullmatch(form, str(version).strip())
    if match is None:
        raise ValueError(f"Invalid version: {version!r}")
    numbers, stage, count, local = match.groups()
    release = [int(n) for n in numbers.split(".")]
    while release and release[-1] == 0:
        release.pop()  # 2.0 is 2
    return tuple(release), _STAGES[stage or ""], int(count or 0), local or ""


#: PyTorch's version whose API flambeau follows, and flambeau's own
__version__ = TorchVersion(f"2.13.0+flambeau{flambeau.__version__}")
cuda = hip = xpu = None
debug = False
git_version = "unknown"
