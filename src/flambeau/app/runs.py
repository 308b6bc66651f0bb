"""Run folders: written whole or not at all, and read back."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flambeau
from flambeau.app.errors import CommandError
from flambeau.app.network import build
from flambeau.nn.modules.module import Module

CONFIG = "config.json"
MODEL = "model.pt"


@contextmanager
def new_run(output: Path, force: bool) -> Iterator[Path]:
    """A folder to write into, which becomes ``output`` when the block ends well.

    Args:
        output: must not exist yet.
        force: it may exist, if it is a run folder or empty; it is then replaced.

    Raises:
        CommandError: ``output`` is there, or cannot be made.
    """
    output = Path(os.path.abspath(output))
    _check_free(output, force)
    made = [folder for folder in output.parents if not folder.exists()]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.parent))
    except OSError as error:
        raise CommandError(f"cannot write to {output.parent}: {error.strerror}") from None
    try:
        yield part
        part.chmod(0o777 & ~_umask())  # mkdtemp's folders are for their owner alone
        _replace(part, output, force)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        with suppress(OSError):  # the first that is not empty, so that all of them may stay
            for folder in made:
                folder.rmdir()


def _check_free(output: Path, force: bool) -> None:
    if not os.path.lexists(output):
        return
    if not output.is_dir() or output.is_symlink():
        raise CommandError(f"{output} exists and is not a folder: choose another --output")
    if force and not ((output / CONFIG).is_file() or not any(output.iterdir())):
        raise CommandError(f"{output} is not a run folder; it is not replaced")
    if not force:
        raise CommandError(f"{output} exists: choose another --output, or --force to replace it")


def _replace(part: Path, output: Path, force: bool) -> None:
    """Move ``part`` to ``output``; what was there goes away only after that."""
    if not os.path.lexists(output):
        part.rename(output)
        return
    _check_free(output, force)  # it may have come up while the network was trained
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as old:
        output.rename(Path(old, output.name))
        part.rename(output)


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


@dataclass(frozen=True)
class Run:
    """What ``flambeau train`` wrote: the network in evaluation mode, and its settings."""

    model: Module
    config: dict[str, Any]


def read_run(folder: Path) -> Run:
    """Read a run folder.

    Raises:
        CommandError: it is not there, is not a run folder, or is damaged.
    """
    if not folder.is_dir():
        raise CommandError(f"{folder}: no such run folder")
    try:
        config = json.loads((folder / CONFIG).read_text("utf-8"))
        model = build(config["layers"], config["shape"], len(config["classes"]))
    except FileNotFoundError:
        raise CommandError(f"{folder} is not a run folder: it has no {CONFIG}") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{folder / CONFIG} cannot be read: {error}") from None
    path = folder / MODEL
    if not path.is_file():
        raise CommandError(f"{folder} is not a run folder: it has no {MODEL}")
    try:
        model.load_state_dict(flambeau.load(path))
    except Exception as error:  # a damaged archive can fail in any way
        raise CommandError(f"{path} cannot be read: {error}") from None
    return Run(model.eval(), config)
