"""``python -m flambeau script.py [arguments]``: runs a PyTorch program on flambeau."""

from __future__ import annotations

import os
import runpy
import sys

USAGE = """usage: python -m flambeau SCRIPT.py [ARGUMENTS]   run a PyTorch program on flambeau
       python -m flambeau COMMAND ...             the same as the command `flambeau`"""


def main(argv: list[str]) -> int:
    """Runs a script with ``torch`` meaning flambeau, or hands over to the command line."""
    if not argv:
        print(USAGE, file=sys.stderr)
        return 2
    if argv[0].endswith(".py") or os.path.isfile(argv[0]):
        if not os.path.isfile(argv[0]):
            print(f"flambeau: no such file: {argv[0]}", file=sys.stderr)
            return 2
        from . import torch_alias

        torch_alias.install()
        sys.argv[:] = argv
        sys.path[0] = os.path.dirname(os.path.abspath(argv[0]))
        runpy.run_path(argv[0], run_name="__main__")
        return 0
    from .app import main as command

    sys.argv[:] = ["flambeau", *argv]
    return command() or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
