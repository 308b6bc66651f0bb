"""One step of training: eager at first, then compiled, with a clock beside it."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import Any

import flambeau
from flambeau import nn, optim
from flambeau.backends.native import library, toolchain
from flambeau.nn import functional as F

# The first step pays for what is set up once and is not timed. The numbers are fixed, so that which
# steps run compiled, and with that the last digits of the results, depend on no clock.
EAGER_STEPS = 4
COMPILED_STEPS = 8
Step = Callable[[Any, Any], tuple[Any, Any]]


def plain_step(model: nn.Module, optimizer: optim.Optimizer) -> Step:
    """A step of classification: (inputs, targets) -> (loss, how many answers were right)."""

    def step(inputs: Any, targets: Any) -> tuple[Any, Any]:
        optimizer.zero_grad()
        scores = model(inputs)
        loss = F.cross_entropy(scores, targets)
        loss.backward()
        optimizer.step()
        return loss.detach(), (scores.argmax(1) == targets).sum()

    return step


class TimedStep:
    """A step that runs as it is for EAGER_STEPS batches and is compiled then.

    Batches of another size than ``batch_size``, such as the last of an epoch, get a program of
    their own and are not timed.

    Args:
        step: what is done with a batch.
        batch_size: of the batches that are timed.
        tell: called once with a line about what compilation gained, or why there is none.
        compiled: whether to compile at all.
    """

    def __init__(
        self, step: Step, batch_size: int, tell: Callable[[str], None], compiled: bool = True
    ):
        self.eager, self.batch_size, self.tell = step, batch_size, tell
        self.compiled: Any = None
        self.count = 0  # of full batches; those after the trial are not counted
        self.times: dict[str, list[float]] = {"eager": [], "first": [], "compiled": []}
        self.trial = compiled
        if compiled:
            reason = _no_native_code()
            if reason:
                self._end_trial(reason)
            else:
                self.compiled = flambeau.compile(step)

    def __call__(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """What the step gives for this batch."""
        if self.trial:
            return self._watched(inputs, targets)
        return (self.compiled or self.eager)(inputs, targets)

    def _watched(self, inputs: Any, targets: Any) -> tuple[Any, Any]:
        begin = self.count >= EAGER_STEPS
        if len(targets) != self.batch_size:
            return (self.compiled if begin else self.eager)(inputs, targets)
        ready = begin and self._programs() > 0 and bool(self.times["first"])
        self.count += 1
        start = time.perf_counter()
        if not begin:
            result, kind = self.eager(inputs, targets), "eager"
        else:
            with warnings.catch_warnings():  # why it stays uncompiled is told below
                warnings.filterwarnings("ignore", "flambeau.compile", UserWarning)
                result, kind = self.compiled(inputs, targets), "compiled" if ready else "first"
        self.times[kind].append(time.perf_counter() - start)
        if self.compiled.eager:
            self._end_trial(f"not compiled: {self.compiled.reason}")
        elif len(self.times["compiled"]) == COMPILED_STEPS:
            self._end_trial(self._gain())
        return result

    def _programs(self) -> int:
        return len(self.compiled.entries)

    def _end_trial(self, line: str) -> None:
        self.trial = False
        self.tell(line)

    def _gain(self) -> str:
        """The line about what compilation gained; the recorded calls ran eagerly, too."""
        eager = statistics.median(self.times["eager"][1:])
        compiled = statistics.median(self.times["compiled"])
        first = self.times["first"]
        compilation = max(0.0, sum(first) - len(first) * eager)
        ratio = eager / compiled
        return (
            f"compiled: a step takes {duration(compiled)}, "
            f"{ratio:.{0 if ratio >= 10 else 1 if ratio >= 1 else 2}f} times as fast as "
            f"uncompiled ({duration(eager)}); compilation {duration(compilation)}"
        )


def duration(seconds: float) -> str:
    """A time in a unit that suits it, with two or three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= 0.1 * size or unit == "us":
            break
    value = seconds / size
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def _no_native_code() -> str:
    """A line that says why nothing can be compiled here; empty where it can."""
    if toolchain.switched_off():
        return f"not compiled: native code is switched off ({toolchain.SWITCH}=0)"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if library.runtime() is not None:
            return ""
    why = str(caught[0].message).splitlines()[0].partition(": ")[2] if caught else ""
    return f"not compiled: {why or 'there is no native code on this machine'}"
