"""flambeau doctor: what this machine has for flambeau."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import flambeau
from flambeau.backends.blas import get_threads as blas_threads

PACKAGES = ("ml-dtypes", "typer", "rich", "matplotlib", "pillow")


def doctor() -> None:
    """Print the table."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in findings():
        table.add_row(name, value)
    Console().print(table, highlight=False)


def findings() -> list[tuple[str, str]]:
    """What was found, by name."""
    return [
        ("flambeau", f"{flambeau.__version__} in {os.path.dirname(flambeau.__file__)}"),
        ("Python", f"{platform.python_version()} ({sys.executable})"),
        ("machine", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("cores", _cores()),
        ("numpy", np.__version__),
        ("BLAS", _blas()),
        *((name, _version(name)) for name in PACKAGES),
        ("C compiler", _compiler()),
        ("GPU", _gpu()),
    ]


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _cores() -> str:
    usable = getattr(os, "sched_getaffinity", None)
    total = os.cpu_count() or 1
    count = len(usable(0)) if usable else total
    return str(total) if count == total else f"{count} of {total}"


def _blas() -> str:
    config: Any = np.show_config(mode="dicts")
    blas = config.get("Build Dependencies", {}).get("blas", {})
    name, version = blas.get("name", "unknown"), blas.get("version", "")
    threads = blas_threads()
    return f"{name} {version}".strip() + (f", threads: {threads}" if threads else "")


def _compiler() -> str:
    chosen = os.environ.get("CC", "").split()
    for command in ([chosen[0]] if chosen else []) + ["cc", "gcc", "clang"]:
        path = shutil.which(command)
        if path is None:
            continue
        try:
            answer = subprocess.run(
                [path, "--version"], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if answer.returncode == 0 and answer.stdout:
            return f"{answer.stdout.splitlines()[0]} ({path})"
    return "none found"


def _gpu() -> str:
    cuda = flambeau.cuda
    if not cuda.is_available():
        return "none"
    return ", ".join(cuda.get_device_name(number) for number in range(cuda.device_count()))
