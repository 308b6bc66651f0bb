"""What the tests of compiled functions share."""

from __future__ import annotations

import warnings

import flambeau


def numbers(value):
    """Nested tensors as nested lists."""
    if isinstance(value, flambeau.Tensor):
        return value.detach().numpy().tolist()
    if isinstance(value, dict):
        return {k: numbers(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [numbers(v) for v in value]
    return value


def agrees(compiled, plain, *calls):
    """Both functions give the same for all calls, made anew for each."""
    for make in calls:
        want, got = plain(*make()), compiled(*make())
        assert numbers(got) == numbers(want)


def quietly(function):
    """Compiles a function; a warning that it runs uncompiled is an error."""
    compiled = flambeau.compile(function)

    def call(*args, **kwargs):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return compiled(*args, **kwargs)

    call.compiled = compiled
    return call


def programs(compiled):
    return len(getattr(compiled, "compiled", compiled).entries)


def vector(*values):
    return flambeau.tensor([float(v) for v in values])


class Settings:
    def __init__(self):
        self.scale = 2.0
        self.shift = vector(1, 1)

    def apply(self, x):
        return x * self.scale + self.shift


def told(function, *args, times=3):
    """The warnings of some calls of a compiled function, and its last result."""
    compiled = flambeau.compile(function)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        results = [compiled(*args) for _ in range(times)]
    return [str(w.message) for w in seen], results
