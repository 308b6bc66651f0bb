"""Where a tensor lives. Kernels exist for the CPU; other devices are named, and unavailable."""

from __future__ import annotations

KNOWN = ("cpu", "cuda", "meta", "mps", "xpu", "hpu", "mkldnn", "ipu", "xla", "privateuseone")


class device:
    """A device such as ``device("cpu")`` or ``device("cuda", 0)``."""

    __slots__ = ("type", "index")

    def __init__(self, type: str | int | device = "cpu", index: int | None = None):
        if isinstance(type, device):
            self.type: str = type.type
            self.index: int | None = type.index if index is None else index
            return
        if isinstance(type, int):
            self.type, self.index = "cuda", type
            return
        if not isinstance(type, str):
            raise TypeError(f"device(): argument 'type' must be str, not {_name(type)}")
        if ":" in type:
            if index is not None:
                raise RuntimeError(
                    "type (string) must not include an index because index was passed "
                    f"explicitly: {type}"
                )
            type, _, digits = type.partition(":")
            if not digits.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}:{digits}'")
            index = int(digits)
        if type not in KNOWN:
            raise RuntimeError(
                f"Expected one of {', '.join(KNOWN)} device type at start of device string: {type}"
            )
        self.type, self.index = type, index

    def __repr__(self) -> str:
        where = f", index={self.index}" if self.index is not None else ""
        return f"device(type='{self.type}'{where})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and self.type == other.type and self.index == other.index

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple:
        return device, (self.type,) if self.index is None else (self.type, self.index)

    def __enter__(self) -> device:
        require_cpu(self)
        return self

    def __exit__(self, *_: object) -> None:
        return None


CPU = device("cpu")


def require_cpu(where: object) -> device:
    """Checks a ``device=`` argument: None and the CPU pass, other devices raise PyTorch's error."""
    if where is None or where is CPU:
        return CPU
    where = where if isinstance(where, device) else device(where)  # type: ignore[arg-type]
    if where.type == "cpu":
        return CPU
    if where.type == "cuda":
        raise AssertionError(
            "Torch not compiled with CUDA enabled\nHint: no CUDA device can be used here; write "
            "`device = 'cuda' if cuda.is_available() else 'cpu'`, or leave the device out."
        )
    raise RuntimeError(
        f"flambeau computes on the CPU; device {str(where)!r} is not available.\n"
        "Hint: leave out the device argument, or say device='cpu'."
    )


def _name(value: object) -> str:
    return value.__class__.__name__
