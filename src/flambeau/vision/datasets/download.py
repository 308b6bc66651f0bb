"""Fetching files: checked, with a progress bar, and never half-written."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

CHUNK = 1 << 16
TIMEOUT = 30


def md5_of(path: str | Path) -> str:
    """The MD5 checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def is_whole(path: str | Path, md5: str | None = None) -> bool:
    """Whether a file is there, and its checksum right."""
    return os.path.isfile(path) and (md5 is None or md5_of(path) == md5)


def fetch_and_unpack(url: str, folder: str | Path, filename: str, md5: str | None = None) -> None:
    """Download an archive (tar or zip) to ``folder``, unless it is there, and unpack it there.

    Raises:
        OSError, RuntimeError: as ``fetch``.
    """
    import tarfile
    import zipfile

    path = Path(folder) / filename
    if not is_whole(path, md5):
        fetch(url, path, md5)
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
    else:
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")


def fetch(url: str, target: str | Path, md5: str | None = None) -> None:
    """Download ``url`` to ``target``, which appears only when it is whole and its checksum right.

    Raises:
        OSError: no network, no such file, no permission (urllib's URLError is an OSError).
        RuntimeError: what came is not what ``md5`` promises.
    """
    import http.client  # here, since loading it and urllib takes as long as loading NumPy
    import urllib.request

    target = Path(target)
    request = urllib.request.Request(url, headers={"User-Agent": "flambeau"})
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            target.parent.mkdir(parents=True, exist_ok=True)
            _store(response, target, url, md5)
    except http.client.HTTPException as error:
        raise OSError(f"the connection broke: {error!r}") from None


def _store(response: Any, target: Path, url: str, md5: str | None) -> None:
    handle, name = tempfile.mkstemp(prefix=target.name + ".", suffix=".part", dir=target.parent)
    part = Path(name)
    try:
        size = int(response.headers.get("Content-Length") or 0)
        bar = ProgressBar(target.name, size)
        with os.fdopen(handle, "wb") as file:
            while chunk := response.read(CHUNK):
                file.write(chunk)
                bar.advance(len(chunk))
        bar.close()
        if size and part.stat().st_size != size:
            raise OSError(f"the connection ended after {part.stat().st_size} of {size} bytes")
        if md5 is not None and (found := md5_of(part)) != md5:
            raise RuntimeError(f"File not found or corrupted. MD5 of {url} is {found}, not {md5}")
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)  # mkstemp's files are for their owner alone
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class ProgressBar:
    """A line on stderr that says how much of ``size`` has come; ``size`` 0 is unknown.

    On a terminal it is drawn anew as it grows, elsewhere written once, by ``close``.
    """

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size, self.done = name, size, 0
        self.live = sys.stderr.isatty()
        self.shown = -1

    def advance(self, count: int) -> None:
        """``count`` more bytes have come."""
        self.done += count
        percent = 100 * self.done // self.size if self.size else self.done >> 20
        if self.live and percent != self.shown:
            self.shown = percent
            self._draw("\r", "")

    def close(self) -> None:
        """End the line."""
        self._draw("\r" if self.live else "", "\n")

    def _draw(self, start: str, end: str) -> None:
        megabytes = f"{self.done / 1e6:.1f}"
        if self.size:
            width = max(10, min(40, shutil.get_terminal_size().columns - len(self.name) - 26))
            filled = min(width, width * self.done // self.size)
            bar = "#" * filled + "." * (width - filled)
            megabytes = f"[{bar}] {100 * self.done // self.size:3}% {megabytes}"
        print(f"{start}{self.name} {megabytes} MB", end=end, file=sys.stderr, flush=True)
