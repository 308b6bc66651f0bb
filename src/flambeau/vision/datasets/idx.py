"""The idx format of MNIST: a magic number, the sizes, then the values, most significant byte first.

The bytes of a file with d dimensions:

    0, 1       zero
    2          type of the values (see ``TYPES``)
    3          d
    4 d bytes  the sizes, unsigned 32-bit
    the rest   the values, last dimension fastest
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> np.ndarray:
    """The array in an idx file, compressed (gzip, xz) or not, in the machine's byte order.

    Raises:
        RuntimeError: the file is not an idx file, or is damaged.
    """
    raw = _read(Path(path))
    if len(raw) < 4 or raw[:2] != b"\0\0" or raw[2] not in TYPES:
        raise RuntimeError(f"{path}: not an idx file")
    rank, dtype = raw[3], np.dtype(TYPES[raw[2]])
    start = 4 + 4 * rank
    if len(raw) < start:
        raise RuntimeError(f"{path}: damaged: it ends within its header")
    shape = tuple(int(n) for n in np.frombuffer(raw, ">u4", rank, offset=4))
    wanted = math.prod(shape) * dtype.itemsize
    if len(raw) - start != wanted:
        raise RuntimeError(
            f"{path}: damaged: {len(raw) - start} bytes of values where its header, "
            f"{'x'.join(map(str, shape))}, promises {wanted}"
        )
    values = np.frombuffer(raw, dtype, offset=start).reshape(shape)
    return values.astype(dtype.newbyteorder("="))


def _read(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw[:6] == b"\xfd7zXZ\0":
        import lzma

        try:
            return lzma.decompress(raw)
        except lzma.LZMAError as error:
            raise RuntimeError(f"{path}: damaged xz file: {error}") from None
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, OSError, zlib.error) as error:
        raise RuntimeError(f"{path}: damaged gzip file: {error}") from None
