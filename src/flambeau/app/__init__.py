"""The command ``flambeau``: train, predict, run, doctor.

What it needs beside flambeau itself is the extra ``app``; ``main`` says so where it is missing.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import NoReturn

NEEDED = ("typer", "rich", "matplotlib", "PIL")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command with ``arguments`` (None: those of the process), and exit."""
    if any(find_spec(name) is None for name in NEEDED):
        print(
            "flambeau: the command needs a few more packages: pip install 'flambeau[app]'",
            file=sys.stderr,
        )
        sys.exit(2)
    from flambeau.app.cli import run

    # Ended by the system, it shall tidy up as it does for ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))
