"""Operators compiled alone: generated C gives what the operators' kernels give."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import flambeau
from flambeau.compiler.graph import Host
from flambeau.nn import functional as F
from flambeau.ops.table import ROWS

FLOATS = (flambeau.float32, flambeau.float64)
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, math.inf, -math.inf, math.nan, 1e-30, 30.0,
           -88.0, 89.5, 1e5, 0.25, -2.5, 1.5, 3.5)  # fmt: skip


def numbers(dtype, shape, seed=0):
    """Numbers of a type, infinities, zeros and nan among those of float types."""
    rng = np.random.default_rng(seed)
    if dtype in FLOATS:
        base = rng.standard_normal(shape) * 2
        flat = base.reshape(-1)
        places = rng.permutation(flat.size)[: len(SPECIAL)]
        flat[places] = np.array(SPECIAL)[: len(places)]
    elif dtype is flambeau.bool:
        base = rng.random(shape) < 0.5
    else:
        base = rng.integers(0 if dtype is flambeau.uint8 else -9, 10, shape)
    return flambeau.from_numpy(np.asarray(base)).to(dtype)


def layouts(make):
    """The same kind of values contiguous, transposed, and as every second element."""
    yield lambda s, shape: make(s, shape)
    yield lambda s, shape: make(s, (*shape[:-2], shape[-1], shape[-2])).transpose(-1, -2)
    yield lambda s, shape: make(s, (*shape[:-1], 2 * shape[-1]))[..., ::2]


def close(want, got, what, ulps=64):
    """Equal up to rounding; nan, infinities and the types are the same."""
    assert want.dtype == got.dtype and want.shape == got.shape, what
    a, b = want.detach().numpy(), got.detach().numpy()
    if a.dtype.kind != "f":
        assert np.array_equal(a, b), what
        return
    tiny = float(np.finfo(a.dtype).eps) * ulps
    np.testing.assert_allclose(b, a, rtol=tiny, atol=tiny, err_msg=what)


def hosts_of(compiled):
    """The names of the rows that a compiled function runs as kernels in Python."""
    assert not compiled.eager, compiled.reason
    assert len(compiled.entries) == 1
    program = compiled.entries[0].program
    return {n.name for n in program.graph.nodes if isinstance(n, Host)}


def replayed(function, first, second):
    """Compiles a function, records it with one set of arguments and replays it with another.

    Gives the replay's results, the uncompiled function's, and the compiled function.
    """
    compiled = flambeau.compile(function)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        compiled(*first)
        want = function(*second)
        return want, compiled(*second), compiled


# --- pointwise rows -------------------------------------------------------------------------------


def pointwise_calls(dtype):
    """For each pointwise row that takes the type: its name and a function of three tensors."""
    calls = {}
    sample = [numbers(dtype, (3, 4), i) for i in range(3)]
    for row in list(ROWS.values()):
        if row.lowering != "pointwise" or row.expression is None or row.random:
            continue
        row.prepare()
        function = getattr(flambeau, row.name, None)
        count = sum(p.is_tensor for p in row.params)
        if function is None or count > 3 or row.name.startswith("special_"):
            continue
        call = lambda *t, f=function, n=count: f(*t[:n])  # noqa: E731
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = call(*sample)
        except (RuntimeError, NotImplementedError, TypeError):
            continue
        if row.name in ("logaddexp", "logaddexp2", "hypot") and dtype not in FLOATS:
            continue
        if isinstance(result, flambeau.Tensor) and result.dtype in (*FLOATS, dtype, flambeau.bool):
            calls[row.name] = call
    return calls


# Rows whose functions C lacks, and divisions of integers by what may be 0, which raise.
KERNELS = {
    "digamma", "polygamma", "mvlgamma", "igamma", "igammac", "erfinv", "i0", "sinc", "angle",
    "logaddexp2", "heaviside", "gcd", "lcm", "bitwise_left_shift", "bitwise_right_shift",
    "floor_divide", "remainder", "fmod", "div_floor", "div_trunc", "pow", "float_power",
}  # fmt: skip


@pytest.mark.parametrize("dtype", [*FLOATS, flambeau.int64, flambeau.int32, flambeau.uint8,
                                   flambeau.bool])  # fmt: skip
def test_pointwise_rows(dtype):
    calls = pointwise_calls(dtype)
    assert len(calls) > (60 if dtype in FLOATS else 25)

    def every(*tensors):
        return [call(*tensors) for call in calls.values()]

    def given(seed):
        return [numbers(dtype, (5, 9), seed + i) for i in range(3)]

    want, got, compiled = replayed(every, given(1), given(7))
    for name, w, g in zip(calls, want, got, strict=True):
        close(w, g, name)
    hosts = hosts_of(compiled)
    assert hosts <= KERNELS | (set() if dtype in FLOATS else {"frac", "abs", "hypot", "nextafter"})


def test_pointwise_rows_of_views_and_of_mixed_shapes():
    calls = pointwise_calls(flambeau.float32)

    def every(x, y, z):
        return [call(x, y, z) for call in calls.values()]

    def given(seed):
        whole = numbers(flambeau.float32, (9, 10), seed)
        return whole.t()[::2], numbers(flambeau.float32, (1, 9), seed + 1), whole[0, :5, None]

    want, got, _ = replayed(every, given(1), given(2))
    for name, w, g in zip(calls, want, got, strict=True):
        close(w, g, name)


@pytest.mark.parametrize("dtype", FLOATS)
def test_gradients_of_pointwise_rows(dtype):
    calls = {
        name: call
        for name, call in pointwise_calls(dtype).items()
        if ROWS[name].derivative and name not in KERNELS
    }

    def every(x, y, z):
        out = []
        for call in calls.values():
            result = call(x, y, z)
            if result.requires_grad:
                grads = flambeau.autograd.grad(
                    (result * 1.5).sum(), [x, y, z], allow_unused=True, retain_graph=True
                )
                out += grads
        return out

    def given(seed):
        rng = np.random.default_rng(seed)
        return [
            flambeau.from_numpy(rng.uniform(0.1, 0.9, (4, 5))).to(dtype).requires_grad_()
            for _ in range(3)
        ]

    want, got, _ = replayed(every, given(1), given(2))
    for w, g in zip(want, got, strict=True):
        assert (w is None) == (g is None)
        if w is not None:
            close(w, g, "gradient", 512)


# --- others ---------------------------------------------------------------------------------------


def reductions(x):
    """Reductions over all dimensions and some, with and without keeping them."""
    for name in ("sum", "mean", "amax", "amin", "any", "all", "logsumexp", "var", "std",
                 "count_nonzero", "nansum"):  # fmt: skip
        for dim in (None, 0, -1, (0, 2), (1,), (0, 1, 2)):
            for keepdim in (False, True):
                options = {} if name == "count_nonzero" else {"keepdim": keepdim}
                if dim is None:
                    if name == "logsumexp" or keepdim:
                        continue
                    options = {"dim": (0, 1, 2)} if name in ("amax", "amin") else {}
                    yield f"{name}()", lambda x, n=name, o=options: getattr(x, n)(**o)
                    continue
                yield (
                    f"{name}({dim}, {keepdim})",
                    lambda x, n=name, d=dim, o=options: getattr(x, n)(d, **o),
                )
    for dim in (0, 1, 2):
        yield f"prod({dim})", lambda x, d=dim: x.prod(d)
        for order in (1, 2, math.inf):
            yield (
                f"norm({order}, {dim})",
                lambda x, o=order, d=dim: flambeau.linalg.vector_norm(x, o, d),
            )


@pytest.mark.parametrize("layout", [0, 1, 2])
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 40, 33), (1, 7, 1)])
def test_reductions(shape, layout):
    def make(seed, shape):
        rng = np.random.default_rng(seed)
        return flambeau.from_numpy(rng.standard_normal(shape).astype("f4"))

    given = list(layouts(make))[layout]
    calls = dict(reductions(given(0, shape)))
    if 1 in (shape[0], shape[2]):  # the variance of one number
        calls = {k: v for k, v in calls.items() if not k.startswith(("var", "std"))}

    def every(x):
        return [call(x) for call in calls.values()]

    want, got, compiled = replayed(every, [given(1, shape)], [given(2, shape)])
    for name, w, g in zip(calls, want, got, strict=True):
        close(w, g, name, 512)
    assert not hosts_of(compiled)


@pytest.mark.parametrize("dtype", [flambeau.float32, flambeau.int64, flambeau.uint8, flambeau.bool])
def test_reductions_of_other_types(dtype):
    def every(x):
        return [x.sum(), x.sum(0), x.any(1), x.all(0), x.amax(1), x.amin(), x.prod(0), x.max(),
                x.min(), x.sum(dtype=flambeau.float64), x.count_nonzero(1)]  # fmt: skip

    want, got, _ = replayed(every, [numbers(dtype, (7, 40), 1)], [numbers(dtype, (7, 40), 2)])
    for i, (w, g) in enumerate(zip(want, got, strict=True)):
        close(w, g, str(i), 4096)


def test_infinities_and_nan_in_reductions():
    cases = [
        [1.0, math.nan, 3.0] * 20, [math.inf, 1.0, 2.0] * 20, [-math.inf] * 60,
        [math.inf, -math.inf] * 30, [3e38] * 60, [-0.0] * 60,
    ]  # fmt: skip

    def every(x):
        return [x.sum(1), x.amax(1), x.amin(1), x.logsumexp(1), x.mean(1), x.nansum(1), x.amax(0),
                x.softmax(1), x.log_softmax(1)]  # fmt: skip

    x = flambeau.tensor(cases)
    want, got, _ = replayed(every, [flambeau.zeros(6, 60)], [x])
    for i, (w, g) in enumerate(zip(want, got, strict=True)):
        close(w, g, str(i))


MOVES = {
    "flip": lambda x: x.flip(0, 2), "roll": lambda x: x.roll((1, -2), (0, 1)),
    "roll all": lambda x: x.roll(3), "rot90": lambda x: x.rot90(1, (1, 2)),
    "tril": lambda x: x.tril(), "triu": lambda x: x.triu(-1),
    "diag_embed": lambda x: x.diag_embed(1), "diagonal": lambda x: x.diagonal(0, 1, 2) + 0,
    "repeat": lambda x: x.repeat(2, 1, 3), "repeat_interleave": lambda x: x.repeat_interleave(3, 1),
    "cat": lambda x: flambeau.cat([x, x.flip(0), x[:1]], 0), "stack": lambda x: flambeau.stack(
        [x, x + 1], 1), "pad": lambda x: F.pad(x, (1, 2, 0, 1), value=7),
    "expand": lambda x: x[:1].expand(4, -1, -1) * 1, "unfold": lambda x: x.unfold(2, 3, 2) + 0,
    "contiguous": lambda x: x.transpose(0, 2).contiguous(), "clone": lambda x: x.mT.clone(),
    "reshape": lambda x: x.transpose(0, 1).reshape(-1), "split": lambda x: x.split(2, 1)[1] * 2,
    "chunk": lambda x: flambeau.cat(x.chunk(3, 2)[::-1], 2), "where": lambda x: flambeau.where(
        x > 0, x, -1), "masked_fill": lambda x: x.masked_fill(x > 0, 3), "movedim": lambda x:
    x.movedim(0, -1) + 0, "select": lambda x: x[1] - x[0], "slices": lambda x: x[::2, 1:] + 1,
}  # fmt: skip


@pytest.mark.parametrize("dtype", [flambeau.float32, flambeau.int16, flambeau.bool])
@pytest.mark.parametrize("layout", [0, 1, 2])
def test_moves(layout, dtype):
    given = list(layouts(lambda seed, shape: numbers(dtype, shape, seed)))[layout]

    if dtype is flambeau.bool:  # bools do not subtract
        moves = {k: v for k, v in MOVES.items() if k not in ("select", "where", "masked_fill")}
    else:
        moves = MOVES

    def function(x):
        return [move(x) for move in moves.values()]

    want, got, compiled = replayed(function, [given(1, (4, 5, 6))], [given(2, (4, 5, 6))])
    for name, w, g in zip(moves, want, got, strict=True):
        close(w, g, name)
        assert w.stride() == g.stride(), name
    assert not hosts_of(compiled)


def test_gradients_of_moves():
    def function(x):
        out = []
        for move in MOVES.values():
            (grad,) = flambeau.autograd.grad((move(x) * 2).square().sum(), x)
            out.append(grad)
        return out

    def given(seed):
        return [numbers(flambeau.float32, (4, 5, 6), seed).nan_to_num(0, 1, -1).clamp(-9, 9)
                .requires_grad_()]  # fmt: skip

    want, got, _ = replayed(function, given(1), given(2))
    for name, w, g in zip(MOVES, want, got, strict=True):
        close(w, g, name)


LOSSES = {
    "mse_loss": (F.mse_loss, {}), "smooth_l1_loss": (F.smooth_l1_loss, {"beta": 0.5}),
    "l1_loss": (F.l1_loss, {}), "huber_loss": (F.huber_loss, {"delta": 0.7}),
    "soft_margin_loss": (F.soft_margin_loss, {}), "binary_cross_entropy":
    (lambda x, y, **k: F.binary_cross_entropy(x.sigmoid(), y.sigmoid(), **k), {}),
    "binary_cross_entropy_with_logits": (F.binary_cross_entropy_with_logits, {}),
    "kl_div": (F.kl_div, {}), "poisson_nll_loss": (F.poisson_nll_loss, {}),
}  # fmt: skip


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_losses(reduction):
    def function(x, y):
        out = []
        for loss, options in LOSSES.values():
            value = loss(x, y, reduction=reduction, **options)
            out += [value.detach(), *flambeau.autograd.grad(value.sum(), x)]
        return out

    def given(seed):
        rng = np.random.default_rng(seed)
        x, y = (flambeau.from_numpy(rng.standard_normal((6, 7)).astype("f4")) for _ in range(2))
        return x.requires_grad_(), y

    want, got, compiled = replayed(function, given(1), given(2))
    for i, (w, g) in enumerate(zip(want, got, strict=True)):
        close(w, g, list(LOSSES)[i // 2], 256)
    assert not hosts_of(compiled) - {"xlogy", "kl_div"}


def test_writes_at_masks_and_indices():
    def function(x, mask, places):
        a, b, c, d = (x.clone() for _ in range(4))
        a[mask] = 5
        b[mask[:, 0]] = x[0, 0]
        c[places] = x[:3] * 2
        d[:, places] += 1
        return a, b, c, d, x[places], x[:, places], x.index_select(0, places), x.gather(
            1, places[:, None])  # fmt: skip

    def given(seed):
        rng = np.random.default_rng(seed)
        x = flambeau.from_numpy(rng.standard_normal((4, 4)))
        return x, x > 0.1, flambeau.from_numpy(rng.permutation(4)[:3])

    want, got, compiled = replayed(function, given(1), given(2))
    for i, (w, g) in enumerate(zip(want, got, strict=True)):
        close(w, g, str(i))
    assert not compiled.eager


SIZES = {  # how large the result is depends on the numbers
    "masked_select": lambda x: x.masked_select(x > 0), "mask": lambda x: x[x > 0],
    "nonzero": lambda x: x.nonzero(), "unique": lambda x: x.unique(), "where": lambda x:
    flambeau.where(x > 0)[0], "argwhere": lambda x: flambeau.argwhere(x > 0), "bincount": lambda x:
    flambeau.bincount(x.abs().long()), "one_hot": lambda x: F.one_hot(x.abs().long()),
    "repeats": lambda x: x.repeat_interleave(x.abs().long()), "unique_consecutive": lambda x:
    flambeau.unique_consecutive(x), "tensor_split": lambda x: x.tensor_split(
        x.abs().long()[:1])[0], "a slice": lambda x: x[: int(x.abs()[0])], "item": lambda x:
    x * x[0].item() if x[0] > 0 else -x, "an index": lambda x: x[x.abs().long()[0]],
    "randperm": lambda x: x[flambeau.randperm(4)], "tensor": lambda x: flambeau.tensor(
        [float(x[0]), 2.0]) + x[0], "full": lambda x: flambeau.full((2,), x[0]),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_what_depends_on_numbers_runs_uncompiled(name):
    function = SIZES[name]
    compiled = flambeau.compile(function)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for values in ([1.0, -2, 3, -1], [2.0, 2, -1, 3], [3.0, 1, 1, 1], [-1.0, -1, -2, 1]):
            x = flambeau.tensor(values)
            flambeau.manual_seed(3)
            want = function(x)
            flambeau.manual_seed(3)
            got = compiled(x)
            assert want.tolist() == got.tolist()
    assert len([w for w in told if "runs uncompiled" in str(w.message)]) == 1
