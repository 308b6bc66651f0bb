"""Random programs: compiled and uncompiled they give the same, whatever the values."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import flambeau
from flambeau.nn import functional as F

FLOATS = (flambeau.float32, flambeau.float64)
TYPES = (*FLOATS, flambeau.int64, flambeau.int32, flambeau.uint8, flambeau.bool)
LIMIT = 4000  # elements of a value; larger ones are cut

UNARY = ("sigmoid", "tanh", "abs", "neg", "square", "sin", "cos", "sign", "floor", "ceil", "trunc",
         "round", "exp2", "erf", "relu", "expm1", "atan", "sgn", "isnan",
         "logical_not")  # fmt: skip
ACTIVATIONS = ("silu", "gelu", "softplus", "elu", "mish", "hardswish", "leaky_relu", "logsigmoid",
               "hardtanh", "selu", "celu", "relu6", "tanhshrink", "softsign")  # fmt: skip
BINARY = ("add", "sub", "mul", "maximum", "minimum", "eq", "ne", "lt", "le", "gt", "ge", "atan2",
          "logical_and", "logical_or", "logical_xor", "fmax", "fmin")  # fmt: skip
SUMS = ("sum", "mean", "amax", "amin", "any", "all", "prod", "var", "std", "logsumexp", "norm",
        "argmax", "argmin")  # fmt: skip


class Machine:
    """A function of tensors that a list of decisions makes; what a call needs lives in a Run."""

    def __init__(self, decisions):
        self.decisions = decisions

    def __call__(self, *tensors):
        return Run(self.decisions)(*tensors)


class Run:
    """Runs a list of decisions as a program on tensors; the same decisions give the same program.

    Each decision is a tuple of numbers, of which every step takes what it needs; what does not fit
    the tensors at hand (a division of integers, say) is left out.
    """

    def __init__(self, decisions):
        self.decisions = decisions

    def __call__(self, *tensors):
        self.pool = [t for t in tensors if isinstance(t, flambeau.Tensor)]
        for decision in self.decisions:
            self.numbers = iter(decision[1:])
            try:
                out = getattr(self, decision[0])()
            except (RuntimeError, IndexError, NotImplementedError, TypeError, ValueError):
                continue
            if out is not None and 0 < out.numel() <= LIMIT and out.ndim < 6:
                self.pool.append(out)
        return tuple(self.pool[len(tensors) :]) + tuple(t.sum() for t in tensors)

    def pick(self, choices=None):
        return (choices or self.pool)[next(self.numbers) % len(choices or self.pool)]

    def number(self, n):
        return next(self.numbers) % max(n, 1)

    # ------------------------------------------------------------------ steps

    def unary(self):
        return getattr(flambeau, self.pick(UNARY))(self.pick())

    def activation(self):
        return getattr(F, self.pick(ACTIVATIONS))(self.pick())

    def binary(self):
        return getattr(flambeau, self.pick(BINARY))(self.pick(), self.pick())

    def scalar(self):
        x, k = self.pick(), self.pick((2, -3, 0.5, -1.25, True))
        return self.pick(("add", "mul", "rsub", "div", "pow", "where", "clamp", "power")) and {
            0: lambda: x + k, 1: lambda: x * k, 2: lambda: k - x, 3: lambda: x / (k + 0.5),
            4: lambda: x**2, 5: lambda: flambeau.where(x > 0, x, k), 6: lambda: x.clamp(-1, 1),
            7: lambda: x.abs() ** 1.5, 8: lambda: x // 2, 9: lambda: x % 3, 10: lambda: -x,
        }[self.number(11)]()  # fmt: skip

    def choose(self):
        return flambeau.where(self.pick() > 0, self.pick(), self.pick())

    def view(self):
        x = self.pick()
        n, k = x.ndim, self.number(9)
        if k == 0:
            return x.transpose(self.number(n), self.number(n))
        if k == 1:
            d, step = self.number(n), 1 + self.number(2)
            return x[(slice(None),) * d + (slice(self.number(2), None, step),)]
        if k == 2:
            return x.unsqueeze(self.number(n + 1))
        if k == 3:
            return x.select(self.number(n), 0) if n else x
        if k == 4:
            return x.unsqueeze(0).expand(2, *x.shape)
        if k == 5:
            return x.reshape(-1)
        if k == 6:
            return x.unfold(self.number(n), 2, 1)
        if k == 7:
            return x.flatten(self.number(n))
        return x.movedim(0, -1)

    def reduce(self):
        x, name, keepdim = self.pick(), self.pick(SUMS), bool(self.number(2))
        dims = sorted({self.number(x.ndim) for _ in range(1 + self.number(3))})
        if name == "norm":
            return flambeau.linalg.vector_norm(x, 2, dims, keepdim)
        if name == "prod" or name.startswith("arg"):
            return getattr(x, name)(dims[0], keepdim)
        return getattr(x, name)(dims, keepdim=keepdim)

    def total(self):
        return getattr(self.pick(), self.pick(("sum", "mean", "max", "min")))()

    def product(self):
        x, y = self.pick(), self.pick()
        if y.ndim > 1 and x.shape[-1] != y.shape[-2] and x.shape[-1] == y.shape[-1]:
            y = y.mT
        return x @ y

    def linear(self):
        x = self.pick()
        w = flambeau.arange(3.0 * x.shape[-1]).reshape(3, -1).sin().to(x.dtype)
        return F.linear(x, w, w[:, 0])

    def softmax(self):
        x = self.pick()
        return F.softmax(x, self.number(x.ndim)) if self.number(2) else F.log_softmax(x, -1)

    def join(self):
        x = self.pick()
        d = self.number(x.ndim)
        return flambeau.cat([x, x * 2, x], d) if self.number(2) else flambeau.stack([x, x + 1], d)

    def cast(self):
        return self.pick().to(self.pick(TYPES))

    def shuffle(self):
        x = self.pick()
        d = self.number(x.ndim)
        return {
            0: lambda: x.flip(d), 1: lambda: x.roll(1, d), 2: lambda: x.tril(),
            3: lambda: x.triu(1), 4: lambda: x.cumsum(d), 5: lambda: F.pad(x, (1, 2)),
            6: lambda: x.repeat_interleave(2, d), 7: lambda: x.sort(d)[0],
            8: lambda: x.diagonal(0, -2, -1), 9: lambda: x.repeat(2, *x.shape), 10:
            lambda: x.index_select(d, flambeau.tensor([0, 0])), 11: lambda: x.clone(),
            12: lambda: x[[0, -1]], 13: lambda: x.contiguous(), 14: lambda: x.detach() + x,
        }[self.number(15)]()  # fmt: skip

    def write(self):
        """In place, through views, into what the program made itself or was given."""
        x = self.pick()
        if x.requires_grad and x.is_leaf:
            x = x * 1
            self.pool.append(x)
        part = x
        if x.ndim and self.number(2):
            d = self.number(x.ndim)
            part = x[(slice(None),) * d + (slice(0, None, 1 + self.number(2)),)]
        if part.ndim > 1 and self.number(2):
            part = part.transpose(0, -1)
        k, other = self.number(8), self.pick()
        if k == 0:
            part.add_(1)
        elif k == 1:
            part.mul_(2)
        elif k == 2:
            part.zero_()
        elif k == 3:
            part.copy_(other)
        elif k == 4:
            part.add_(other)
        elif k == 5:
            part.clamp_(-1, 1)
        elif k == 6:
            part.masked_fill_(part > 0.5, 0.25)
        else:
            part[part > 0.5] = -0.5


STEPS = ("unary", "activation", "binary", "scalar", "choose", "view", "view", "reduce", "total",
         "product", "linear", "softmax", "join", "cast", "shuffle", "write", "write")  # fmt: skip
DECISIONS = st.lists(
    st.tuples(st.sampled_from(STEPS), *[st.integers(0, 1000)] * 12), min_size=1, max_size=12
)
SHAPES = st.sampled_from([(3, 4), (2, 3, 4), (5,), (1, 4), (4, 1), (), (4, 4), (2, 1, 3), (40, 33)])


def values(shape, dtype, seed):
    """Numbers of a type that are all different, some negative, without zeros."""
    n = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(n)
    base = ((order + 1) * 0.37 + 0.11 * seed) % 3.1 - 1.4
    if dtype is flambeau.bool:
        base = base > 0
    elif dtype not in FLOATS:
        base = np.abs(base * 3) if dtype is flambeau.uint8 else base * 3
    return flambeau.from_numpy(np.asarray(base).reshape(shape)).to(dtype)


def run(function, inputs):
    """All results of a call, and the inputs as they are then; with gradients where wanted."""
    inputs = [t.detach().clone().requires_grad_(t.requires_grad) for t in inputs]
    results = function(*inputs)
    return [t.detach() for t in (*results, *inputs) if t is not None]


def differentiated(function):
    """A function that gives results and the gradients of their weighted sum."""

    def call(*inputs):
        results = function(*inputs)
        total = 0
        for i, t in enumerate(results):
            if t.requires_grad:
                total = total + (t * (0.1 + 0.01 * i)).sum()
        wanted = [t for t in inputs if t.requires_grad]
        if not isinstance(total, flambeau.Tensor) or not wanted:
            return results
        grads = flambeau.autograd.grad(total, wanted, allow_unused=True)
        return (*[t.detach() for t in results], *grads)

    return call


def same(want, got):
    """Equal within float32's rounding, which conversions may bring into any result."""
    assert len(want) == len(got)
    for w, g in zip(want, got, strict=True):
        assert w.shape == g.shape and w.dtype == g.dtype
        a, b = w.numpy(), g.numpy()
        if a.dtype.kind != "f":
            assert np.array_equal(a, b)
            continue
        finite = np.abs(a[np.isfinite(a)])
        size = float(finite.max()) if finite.size else 0.0
        loose = 2e-4
        np.testing.assert_allclose(b, a, rtol=loose, atol=loose * max(size, 1e-3))


def check(function, shapes, types, wanted):
    compiled = flambeau.compile(function)
    for seed in range(3):
        inputs = [values(s, t, seed + 10 * i) for i, (s, t) in enumerate(zip(shapes, types))]
        for t, w in zip(inputs, wanted):
            t.requires_grad_(w and t.is_floating_point())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                want = run(function, inputs)
            except RuntimeError:  # what the gradient needs was overwritten
                assume(False)
            same(want, run(compiled, inputs))
    return compiled


# Programs are not made smaller where they fail: that takes minutes. The same ones each time:
# a rounding that a later comparison or conversion turns into a step is no mistake.
COMMON = settings(
    deadline=None, derandomize=True, max_examples=40,
    suppress_health_check=list(HealthCheck), print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)  # fmt: skip


@COMMON
@given(DECISIONS, st.lists(SHAPES, min_size=1, max_size=3), st.lists(st.sampled_from(TYPES),
       min_size=3, max_size=3))  # fmt: skip
def test_random_programs(decisions, shapes, types):
    check(Machine(decisions), shapes, types, [False] * 3)


@COMMON
@given(DECISIONS, st.lists(SHAPES, min_size=1, max_size=3), st.lists(st.sampled_from(FLOATS),
       min_size=3, max_size=3))  # fmt: skip
def test_random_programs_with_gradients(decisions, shapes, types):
    check(differentiated(Machine(decisions)), shapes, types, [True, True, False])


@pytest.mark.slow
@settings(COMMON, max_examples=150)
@given(DECISIONS, st.lists(SHAPES, min_size=1, max_size=3), st.lists(st.sampled_from(TYPES),
       min_size=3, max_size=3), st.booleans())  # fmt: skip
def test_many_random_programs(decisions, shapes, types, wanted):
    function = Machine(decisions)
    check(differentiated(function) if wanted else function, shapes, types, [True, False, True])


def test_most_programs_are_native():
    """The comparison would see little if everything ran uncompiled."""
    native = 0
    generator = np.random.default_rng(0)
    for i in range(20):
        decisions = [
            (STEPS[int(k)], *map(int, generator.integers(0, 1000, 12)))
            for k in generator.integers(0, len(STEPS), 8)
        ]
        compiled = check(Machine(decisions), [(3, 4), (2, 3, 4)], FLOATS[:1] * 2, [i % 2 == 0] * 2)
        native += not compiled.eager and bool(compiled.entries)
    assert native >= 14
