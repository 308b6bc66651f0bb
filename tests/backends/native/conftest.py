"""What the tests of native code share."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flambeau
from flambeau.backends.native import library, toolchain

SOURCE = str(Path(flambeau.__file__).parents[1])


@pytest.fixture(scope="session")
def compiler():
    """The machine's compiler."""
    found = None if toolchain.switched_off() else toolchain.find()
    if found is None:
        pytest.skip("no C compiler")
    return found


@pytest.fixture
def folder(compiler, monkeypatch, tmp_path):
    """A cache folder of the test's own."""
    monkeypatch.setenv("FLAMBEAU_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="session")
def runtime(compiler):
    """The runtime library."""
    found = library.runtime()
    assert found is not None
    return found


@pytest.fixture
def threads(runtime):
    """Sets the runtime's number of threads until the test ends."""
    before = runtime.fl_num_threads()
    yield runtime.fl_set_num_threads
    runtime.fl_set_num_threads(before)


@pytest.fixture
def python():
    """Starts a script in a fresh Python, with variables set or, where None, removed."""
    started = []

    def start(script, *arguments, **variables):
        environment = {**os.environ, "PYTHONPATH": SOURCE, **variables}
        environment = {k: v for k, v in environment.items() if v is not None}
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
