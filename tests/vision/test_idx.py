"""Reading idx files."""

import gzip
import struct

import numpy as np
import pytest

from flambeau.vision.datasets.idx import read_idx


def idx(code, shape, values):
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + values


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_reads_every_type(tmp_path, code, dtype, zipped):
    wanted = np.arange(-3, 3).astype(dtype).reshape(3, 2)
    raw = idx(code, (3, 2), wanted.astype(np.dtype(dtype).newbyteorder(">")).tobytes())
    path = tmp_path / "values-idx2"
    path.write_bytes(gzip.compress(raw) if zipped else raw)
    values = read_idx(path)
    assert values.dtype == np.dtype(dtype) and values.dtype.isnative
    np.testing.assert_array_equal(values, wanted)
    assert values.flags.writeable


def test_empty(tmp_path):
    path = tmp_path / "empty"
    path.write_bytes(idx(8, (0, 28, 28), b""))
    assert read_idx(path).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "not an idx file"),
        (b"\x89PNG\r\n", "not an idx file"),
        (bytes([0, 0, 7, 1, 0, 0, 0, 0]), "not an idx file"),
        (bytes([0, 0, 8, 3, 0, 0]), "ends within its header"),
        (idx(8, (2, 3), b"12345"), "5 bytes of values where its header, 2x3, promises 6"),
        (idx(8, (2, 3), b"1234567"), "7 bytes of values where its header, 2x3, promises 6"),
        (gzip.compress(idx(8, (2,), b"12"))[:-4], "damaged gzip file"),
        (gzip.compress(idx(8, (2,), b"12"))[:-8] + b"12345678", "damaged gzip file"),
    ],
    # The bytes of gzip.compress hold the time, and ids must be the same in each process.
    ids=("empty", "png", "type", "header", "short", "long", "cut", "checksum"),
)
def test_damaged_files_say_so(tmp_path, raw, message):
    path = tmp_path / "broken-idx"
    path.write_bytes(raw)
    with pytest.raises(RuntimeError, match=message) as caught:
        read_idx(path)
    assert str(path) in str(caught.value)
