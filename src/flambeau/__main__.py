"""``python -m flambeau script.py [arguments]``: runs a PyTorch program on flambeau."""

from __future__ import annotations

import os
import sys

USAGE = """\
usage: python -m flambeau SCRIPT.py [ARGUMENTS]     run a PyTorch program on flambeau
       python -m flambeau NOTEBOOK.ipynb            run a notebook's cells, and write its outputs
       python -m flambeau -m MODULE [ARGUMENTS]     the same for a module
       python -m flambeau -c CODE [ARGUMENTS]       the same for a line of code
       python -m flambeau COMMAND ...               the same as the command `flambeau`"""


def main(argv: list[str]) -> int:
    """Runs a program with ``torch`` meaning flambeau, or hands over to the command line."""
    if not argv:
        print(USAGE, file=sys.stderr)
        return 2
    what = argv[0]
    if what in ("-m", "-c", "-") or what.endswith((".py", ".ipynb")) or os.path.isfile(what):
        from .app.errors import CommandError
        from .app.run import run

        try:
            return run(argv)
        except CommandError as error:
            print(f"flambeau: {error}", file=sys.stderr)
            return 2
    if what in ("-h", "--help"):
        print(USAGE)
        return 0
    from .app import main as command

    sys.argv[:] = ["flambeau", *argv]
    return command() or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
