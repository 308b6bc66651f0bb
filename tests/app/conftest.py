"""A small trained network for the tests of the command."""

import contextlib
import io

import pytest


class Outcome:
    """What a command printed, and its exit status."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def refused(self):
        """The one line of a refusal."""
        assert self.status == 2 and self.out == ""
        assert self.err.startswith("flambeau: ") and self.err.count("\n") == 1
        return self.err


def command(*arguments):
    from flambeau.app.cli import run

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([str(argument) for argument in arguments])
    return Outcome(status, out.getvalue(), err.getvalue())


@pytest.fixture
def flambeau_command():
    """The command, run in this process: flambeau_command("train", "digits") -> Outcome."""
    return command


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory):
    """A run folder of a network that knows the digits a little."""
    output = tmp_path_factory.mktemp("runs") / "digits"
    outcome = command(
        "train", "digits", "--epochs", 3, "--layers", "conv8,pool,32", "--output", output
    )
    assert outcome.status == 0, outcome.err
    return output


@pytest.fixture(scope="session")
def penguins_run(tmp_path_factory):
    """A run folder of a network that knows penguins."""
    output = tmp_path_factory.mktemp("runs") / "penguins"
    outcome = command("train", "penguins", "--epochs", 30, "--output", output)
    assert outcome.status == 0, outcome.err
    return output
