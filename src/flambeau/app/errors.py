"""The command's own error."""


class CommandError(Exception):
    """What the user asked for cannot be done: one line on stderr, and exit status 2."""
