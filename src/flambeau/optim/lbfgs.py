"""L-BFGS: a quasi-Newton method for full batches, with a line search on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.modes import enable_grad, no_grad
from ..tensor.recording import unrepeatable
from ..tensor.tensor import Tensor, wrap
from .optimizer import Optimizer, ParamsT, check, check_lr, number

Array = np.ndarray
# evaluates loss and gradient at x + t d: (t) -> (loss, gradient)
Objective = Callable[[float], tuple[float, Array]]


class LBFGS(Optimizer):
    r"""L-BFGS, after Liu and Nocedal, "On the limited memory BFGS method" (1989).

    The direction of descent is the gradient times an estimate of the inverse Hessian, which the
    last ``history_size`` changes of parameters and gradient stand for.

    Args:
        params: parameters, in one group.
        lr: step length (with a line search: the first one tried).
        max_iter: iterations per step.
        max_eval: evaluations of the closure per step; ``max_iter * 5 // 4`` unless given.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where loss or parameters change by less.
        history_size: changes that are remembered.
        line_search_fn: None or "strong_wolfe" (Nocedal and Wright, "Numerical optimization",
            algorithms 3.5 and 3.6).

    The closure, which computes loss and gradients anew, is required by :meth:`step`.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        check(
            len(self.param_groups) == 1,
            "LBFGS doesn't support per-parameter options (parameter groups)",
        )
        self._params = self.param_groups[0]["params"]

    @no_grad()
    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Makes up to ``max_iter`` iterations, and returns the loss before the first.

        Args:
            closure: clears the gradients, computes the loss, calls ``backward`` and returns it.
        """
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        lr, max_iter, max_eval = number(group["lr"]), group["max_iter"], group["max_eval"]
        state = self.state[self._params[0]]
        unrepeatable("LBFGS decides by numbers what it does next")
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)

        first_loss = closure()
        loss, evaluations, iteration = float(number(first_loss)), 1, 0
        state["func_evals"] += 1
        g = self._gather_flat_grad()
        if abs(g).max() <= group["tolerance_grad"]:
            return first_loss

        history = _History(state, group["history_size"])
        t, previous_loss = state.get("t"), state.get("prev_loss")
        while iteration < max_iter:
            iteration += 1
            state["n_iter"] += 1
            first = state["n_iter"] == 1
            d = history.direction(g, t, first)
            previous_loss = loss
            t = min(1.0, 1.0 / float(abs(g).sum())) * lr if first else lr
            slope = _dot(g, d)
            if slope > -group["tolerance_change"]:
                break
            used = 0
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = [p._data.copy() for p in self._params]

                def objective(step: float, d: Array = d, start: list[Array] = start) -> Any:
                    return self._directional_evaluate(closure, start, step, d)

                loss, g, t, used = _strong_wolfe(
                    objective, t, d, loss, g, slope, max_ls=max_eval - evaluations
                )
                self._add_direction(t, d)
            else:
                self._add_direction(t, d)
                if iteration != max_iter:
                    loss = float(number(closure()))
                    g = self._gather_flat_grad()
                    used = 1
            evaluations += used
            state["func_evals"] += used
            if (
                iteration == max_iter
                or evaluations >= max_eval
                or abs(g).max() <= group["tolerance_grad"]
                or abs(d * d.dtype.type(t)).max() <= group["tolerance_change"]
                or abs(loss - previous_loss) < group["tolerance_change"]
            ):
                break
        history.store(state)
        state["t"], state["prev_loss"] = t, previous_loss
        return first_loss

    def _gather_flat_grad(self) -> Array:
        """All gradients as one vector; zeros where a parameter has none."""
        parts = []
        for p in self._params:
            grad = np.zeros_like(p._data) if p.grad is None else p.grad.to_dense()._data
            flat = grad.ravel()
            parts.append(flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat)
        return np.concatenate(parts)

    def _add_direction(self, t: float, d: Array) -> None:
        """Moves the parameters by t d."""
        offset = 0
        for p in self._params:
            array = p._data
            size = array.size * (2 if array.dtype.kind == "c" else 1)
            part = d[offset : offset + size].view(array.dtype).reshape(array.shape)
            p.add_(wrap(part), alpha=float(t))
            offset += size

    def _directional_evaluate(
        self, closure: Callable[[], Any], start: list[Array], t: float, d: Array
    ) -> tuple[float, Array]:
        """Loss and gradient at start + t d; the parameters are put back."""
        self._add_direction(t, d)
        loss = float(number(closure()))
        g = self._gather_flat_grad()
        for p, array in zip(self._params, start, strict=True):
            p.copy_(wrap(array))
        return loss, g


class _History:
    """The last changes of parameters and gradient, and the direction that follows from them."""

    def __init__(self, state: dict[str, Any], size: int):
        self.size = size
        self.gradient_changes = [t._data for t in state.get("old_dirs") or []]
        self.steps = [t._data for t in state.get("old_stps") or []]
        self.ro = [t._data for t in state.get("ro") or []]
        self.scale: Any = _array(state.get("H_diag"))
        self.d: Any = _array(state.get("d"))
        self.previous: Any = _array(state.get("prev_flat_grad"))

    def store(self, state: dict[str, Any]) -> None:
        """Writes everything into the optimizer's state, as tensors."""
        state["d"] = wrap(self.d)
        state["old_dirs"] = [wrap(a) for a in self.gradient_changes]
        state["old_stps"] = [wrap(a) for a in self.steps]
        state["ro"] = [wrap(np.asarray(a)) for a in self.ro]
        state["H_diag"] = wrap(self.scale) if isinstance(self.scale, Array) else self.scale
        state["prev_flat_grad"] = wrap(self.previous)

    def direction(self, g: Array, t: Any, first: bool) -> Array:
        """The direction of descent for a gradient (the two-loop recursion)."""
        if first:
            self.gradient_changes, self.steps, self.ro, self.scale = [], [], [], 1
            self.d = -g
        else:
            self._remember(g - self.previous, self.d * g.dtype.type(t))
            q = -g
            weights: list[Any] = [None] * len(self.steps)
            for i in range(len(self.steps) - 1, -1, -1):
                weights[i] = _dot(self.steps[i], q) * self.ro[i]
                q += self.gradient_changes[i] * -weights[i]
            q *= self.scale
            for i, step in enumerate(self.steps):
                q += step * (weights[i] - _dot(self.gradient_changes[i], q) * self.ro[i])
            self.d = q
        self.previous = g.copy()
        return self.d

    def _remember(self, y: Array, s: Array) -> None:
        ys = _dot(y, s)
        if not ys > 1e-10:
            return
        if len(self.steps) == self.size:
            for kept in (self.gradient_changes, self.steps, self.ro):
                kept.pop(0)
        self.gradient_changes.append(y)
        self.steps.append(s)
        self.ro.append(np.asarray(1 / ys))
        self.scale = np.asarray(ys / _dot(y, y))


def _array(value: Any) -> Any:
    return value._data if isinstance(value, Tensor) else value


def _dot(a: Array, b: Array) -> Any:
    return np.dot(a, b)


def _cubic_minimum(
    x1: float, f1: float, g1: float, x2: float, f2: float, g2: float,
    bounds: tuple[float, float] | None = None,
) -> float:  # fmt: skip
    """Where the cubic through two points with slopes is smallest, within bounds."""
    low, high = bounds if bounds is not None else (min(x1, x2), max(x1, x2))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if not square >= 0:
        return (low + high) / 2
    d2 = square**0.5
    if x1 <= x2:
        at = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        at = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(at, low), high)


class _Point:
    """A step length with its loss, gradient and slope along the direction."""

    __slots__ = ("t", "f", "g", "slope")

    def __init__(self, t: float, f: float, g: Array, slope: float):
        self.t, self.f, self.g, self.slope = t, f, g, slope


def _strong_wolfe(
    objective: Objective, t: float, d: Array, f: float, g: Array, slope: float, *, max_ls: int,
    c1: float = 1e-4, c2: float = 0.9, tolerance_change: float = 1e-9,
) -> tuple[float, Array, float, int]:  # fmt: skip
    """A step length that satisfies the strong Wolfe conditions, or the best one found.

    The loss falls by at least c1 t |slope|, and the slope to at most c2 |slope|. First a bracket is
    sought that holds such a length, then it is narrowed by cubic interpolation.

    Returns loss, gradient, step length, and how often the objective was evaluated.
    """

    def evaluate(t: float) -> _Point:
        loss, gradient = objective(t)
        return _Point(t, loss, gradient, float(_dot(gradient, d)))

    slope = float(slope)
    start = _Point(0.0, f, g, slope)
    last, here, evaluations, tries = start, evaluate(t), 1, 0
    bracket: list[_Point] = []
    done = False
    while tries < max_ls:
        if here.f > f + c1 * here.t * slope or (tries > 1 and here.f >= last.f):
            bracket = [last, here]
            break
        if abs(here.slope) <= -c2 * slope:
            bracket, done = [here], True
            break
        if here.slope >= 0:
            bracket = [last, here]
            break
        bounds = here.t + 0.01 * (here.t - last.t), here.t * 10
        t = _cubic_minimum(last.t, last.f, last.slope, here.t, here.f, here.slope, bounds)
        last, here = here, evaluate(t)
        evaluations += 1
        tries += 1
    if tries == max_ls:
        bracket = [start, here]

    stalled = False
    size = float(abs(d).max())
    low = 0 if bracket[0].f <= bracket[-1].f else 1
    while not done and tries < max_ls:
        a, b = bracket
        if abs(b.t - a.t) * size < tolerance_change:
            break
        t = _cubic_minimum(a.t, a.f, a.slope, b.t, b.f, b.slope)
        t, stalled = _away_from_ends(t, min(a.t, b.t), max(a.t, b.t), stalled)
        here = evaluate(t)
        evaluations += 1
        tries += 1
        high = 1 - low
        if here.f > f + c1 * here.t * slope or here.f >= bracket[low].f:
            bracket[high] = here
            low = 0 if bracket[0].f <= bracket[1].f else 1
            continue
        if abs(here.slope) <= -c2 * slope:
            done = True
        elif here.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = here
    best = bracket[low]
    return best.f, best.g, best.t, evaluations


def _away_from_ends(t: float, low: float, high: float, stalled: bool) -> tuple[float, bool]:
    """Keeps a trial a tenth of the bracket off its ends, the second time that it comes so close."""
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if not stalled and low < t < high:
        return t, True
    return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
