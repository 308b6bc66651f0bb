"""The operators of networks against PyTorch: values, gradients, second gradients, random masks."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import flambeau  # noqa: E402
from oracle.gradients import compare, made, numbers, same  # noqa: E402

LIBRARIES = (torch, flambeau)


def check(function, *shapes, dtype=np.float32, **settings):
    compare(function, *(numbers(*s, seed=i, dtype=dtype) for i, s in enumerate(shapes)), **settings)


def drawn(function):
    """The function's results from the same seed on both."""
    found = []
    for T in LIBRARIES:
        T.manual_seed(5)
        found.append((function(T, T.nn.functional), T.rand(2)))
    return found


# --- activations ---------------------------------------------------------------------------------

ACTIVATIONS = [
    ("relu", {}), ("relu6", {}), ("elu", {}), ("elu", {"alpha": 0.3}), ("selu", {}), ("celu", {}),
    ("celu", {"alpha": 0.4}), ("silu", {}), ("mish", {}), ("hardtanh", {}),
    ("hardtanh", {"min_val": -0.5, "max_val": 0.5}), ("hardswish", {}), ("hardsigmoid", {}),
    ("softplus", {}), ("softplus", {"beta": 2.0, "threshold": 3.0}), ("softsign", {}),
    ("softshrink", {}), ("hardshrink", {"lambd": 1.0}), ("tanhshrink", {}), ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 2.0}), ("leaky_relu", {"negative_slope": -0.5}),
    ("rrelu", {}), ("logsigmoid", {}), ("threshold", {"threshold": 0.1, "value": 2.0}),
    ("gelu", {}), ("gelu", {"approximate": "tanh"}),
]  # fmt: skip
KINKS = [0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 0.5, -0.5, np.nan, np.inf, -np.inf, 25.0, -25.0]


@pytest.mark.parametrize(("name", "options"), ACTIVATIONS)
def test_activations(name, options):
    def call(T, F, x):
        return getattr(F, name)(x, **options)

    twice = 1 if name in ("hardsigmoid",) else 2  # PyTorch has no second gradient of this one
    check(call, (50,), orders=twice)
    check(call, (3000,), orders=1, tolerance=1e-5)
    check(call, (), orders=1)
    check(call, (0, 3), orders=1)
    # PyTorch's vector code, which decides at NaN, needs whole vectors.
    compare(call, np.array(KINKS * 8, np.float32), orders=1, tolerance=1e-5)


@pytest.mark.parametrize("name", ["relu", "elu", "selu", "celu", "silu", "hardtanh", "leaky_relu"])
def test_activations_in_place(name):
    def call(T, F, x):
        y = x * 1
        result = getattr(F, name)(y, inplace=True)
        assert result is y
        return y

    check(call, (50,), orders=1)


def test_prelu():
    for shape, slopes in (((2, 3, 4), (3,)), ((2, 3, 4), (1,)), ((4,), (1,)), ((), ())):
        check(lambda T, F, x, a: F.prelu(x, a), shape, slopes)


def test_rrelu_draws_slopes():
    x = numbers(40)
    want, got = drawn(lambda T, F: F.rrelu(T.from_numpy(x), 0.1, 0.3, training=True))
    same(want, got, 1e-6, "rrelu")


# --- convolution ---------------------------------------------------------------------------------

SPATIAL = (7, 8, 6)
GEOMETRY = [  # stride, padding, dilation, groups, kernel
    (1, 0, 1, 1, 3), (2, 1, 1, 1, 3), (1, 2, 2, 1, 2), (2, 1, 2, 2, 3), (1, 0, 1, 4, 1),
    (3, 0, 1, 1, 2), (1, 1, 1, 1, 1), ((2, 1, 3), (1, 0, 2), (1, 2, 1), 2, (2, 3, 1)),
]  # fmt: skip


def _of(value, n):
    return value[:n] if isinstance(value, tuple) else value


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("geometry", GEOMETRY, ids=str)
def test_convolution(n, geometry):
    stride, padding, dilation, groups, kernel = (_of(v, n) for v in geometry)
    size = kernel if isinstance(kernel, tuple) else (kernel,) * n
    outs = 6 if groups < 4 else 4
    check(
        lambda T, F, x, w, b: getattr(F, f"conv{n}d")(x, w, b, stride, padding, dilation, groups),
        (2, 4, *SPATIAL[:n]), (outs, 4 // groups, *size), (outs,),
    )  # fmt: skip
    each = 6 // groups if groups < 4 else 1
    more = 1 if stride == 2 else 0
    check(
        lambda T, F, x, w, b: getattr(F, f"conv_transpose{n}d")(
            x, w, b, stride, padding, more, groups, dilation
        ),
        (2, 4, *SPATIAL[:n]), (4, each, *size), (each * groups,),
    )  # fmt: skip


def test_convolution_in_blocks(monkeypatch):
    from flambeau.ops.nn import windows

    monkeypatch.setattr(windows, "BLOCK", 200)  # less than a sample: bands of rows
    shapes = (3, 4, 9, 8), (6, 2, 3, 3), (6,)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b, 2, 1, 1, 2), *shapes)
    shapes = (3, 4, 20, 9), (6, 4, 3, 3), (6,)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b, 1, 1), *shapes)


def test_convolution_of_other_inputs():
    conv = (2, 4, 6, 5), (3, 4, 2, 2), (3,)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b, 1, "same"), *conv)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b, 2, "valid"), *conv)
    check(lambda T, F, x, w, b: F.conv2d(x[0], w, b), *conv)
    check(lambda T, F, x, w, b: F.conv2d(x.transpose(2, 3), w, b), *conv)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b), *conv, dtype=np.complex64, orders=1)
    check(lambda T, F, x, w, b: F.conv_tbc(x, w, b, 1), (5, 2, 3), (3, 3, 4), (4,), orders=1)
    empty = (0, 4, 6, 5), (3, 4, 2, 2), (3,)
    check(lambda T, F, x, w, b: F.conv2d(x, w, b), *empty)
    integers = [np.random.RandomState(i).randint(-9, 9, s) for i, s in enumerate(conv[:2])]
    compare(lambda T, F, x, w: F.conv2d(x, w), *integers)


# --- pooling -------------------------------------------------------------------------------------

WINDOWS = [  # kernel, stride, padding, dilation, ceil_mode
    (2, None, 0, 1, False), (3, 2, 1, 1, False), (3, 2, 1, 1, True), (2, 1, 0, 2, False),
    (3, 1, 1, 2, True), (2, 3, 1, 1, True), ((2, 3, 2), (1, 2, 3), (1, 1, 0), (1, 2, 1), True),
]  # fmt: skip


def _ties(*shape, missing=False):
    rng = np.random.RandomState(0)
    x = rng.randint(-3, 4, shape).astype(np.float32)  # many equal numbers: the first one counts
    if missing:
        x[rng.rand(*shape) < 0.2] = np.nan
        x[rng.rand(*shape) < 0.4] = -np.inf
    return x


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_max_pool(n, window):
    window = [_of(v, n) for v in window]
    shape = (2, 3, *SPATIAL[:n])

    def call(T, F, x):
        return getattr(F, f"max_pool{n}d")(x, *window)

    def with_indices(T, F, x):
        return getattr(F, f"max_pool{n}d")(x, *window, return_indices=True)

    for function in (call, with_indices):
        compare(function, _ties(*shape))
        compare(function, _ties(*shape, missing=True), orders=1)
    compare(with_indices, _ties(*shape).astype(np.int32))
    compare(lambda T, F, x: call(T, F, x[0]), _ties(*shape), orders=1)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("include", [True, False])
def test_avg_pool(n, window, include):
    kernel, stride, padding, _, ceil_mode = (_of(v, n) for v in window)
    for divisor in ((), (3,), (-2,)) if n > 1 else ((),):
        args = (kernel, stride, padding, ceil_mode, include, *divisor)
        check(lambda T, F, x: getattr(F, f"avg_pool{n}d")(x, *args), (2, 3, *SPATIAL[:n]))  # noqa: B023
        x = np.random.RandomState(0).randint(-9, 9, (2, 3, *SPATIAL[:n]))
        compare(lambda T, F, x: getattr(F, f"avg_pool{n}d")(x, *args), x)  # noqa: B023


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("size", [1, 3, 2, 4, (3, 2, 5), 7, 9], ids=str)
def test_adaptive_pool(n, size):
    size, shape = _of(size, n), (2, 3, *SPATIAL[:n])
    compare(lambda T, F, x: getattr(F, f"adaptive_avg_pool{n}d")(x, size), _ties(*shape))
    for missing in (False, True):
        compare(
            lambda T, F, x: getattr(F, f"adaptive_max_pool{n}d")(x, size, return_indices=True),
            _ties(*shape, missing=missing), orders=1,
        )  # fmt: skip


# --- normalisation -------------------------------------------------------------------------------

SHAPES = [(4, 3), (4, 3, 5), (2, 3, 4, 5), (2, 3, 2, 2, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_batch_norm(shape):
    def training(T, F, x, *affine):
        return F.batch_norm(x, None, None, *affine, training=True)

    def evaluation(T, F, x, *affine):
        return F.batch_norm(x, *(T.tensor([0.5, -1.0, 2.0]) ** p for p in (1, 2)), *affine)

    for function in (training, evaluation):
        check(function, shape, (3,), (3,), tolerance=1e-3)
        check(function, shape, (3,), tolerance=1e-3)
        check(function, shape, tolerance=1e-3)


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
def test_running_statistics(name):
    found = []
    for T in LIBRARIES:
        mean, variance = T.zeros(3), T.ones(3)
        x = made(T, numbers(4, 3, 5), grad=False)
        settings = {"training": True} if name == "batch_norm" else {"use_input_stats": True}
        for _ in range(2):
            getattr(T.nn.functional, name)(x, mean, variance, momentum=0.3, **settings)
        found.append((mean, variance))
    same(*found, 1e-5, name)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layer_and_group_norm(shape):
    for k in range(1, len(shape) + 1):
        last = shape[-k:]
        settings = {"tolerance": 1e-3}
        check(lambda T, F, x, w, b: F.layer_norm(x, last, w, b), shape, last, last, **settings)  # noqa: B023
        check(lambda T, F, x: F.layer_norm(x, last), shape, **settings)  # noqa: B023
        check(lambda T, F, x, w: F.rms_norm(x, last, w), shape, last, **settings)  # noqa: B023
    for groups in (1, 3) if len(shape) > 2 else (1,):
        check(lambda T, F, x, w, b: F.group_norm(x, groups, w, b), shape, (3,), (3,), **settings)  # noqa: B023
        check(lambda T, F, x: F.group_norm(x, groups), shape, **settings)  # noqa: B023
    if len(shape) > 2:
        check(
            lambda T, F, x, w, b: F.instance_norm(x, weight=w, bias=b), shape, (3,), (3,),
            **settings,
        )  # fmt: skip


# --- losses --------------------------------------------------------------------------------------

REDUCTIONS = ["none", "mean", "sum"]


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4,), (3, 2), ()], ids=str)
def test_losses_by_element(reduction, shape):
    r = {"reduction": reduction}
    check(lambda T, F, x, y: F.mse_loss(x, y, **r), shape, shape)
    check(lambda T, F, x, y: F.smooth_l1_loss(x, y, beta=0.7, **r), shape, shape)
    check(lambda T, F, x, y: F.smooth_l1_loss(x, y, beta=0.0, **r), shape, shape)
    check(lambda T, F, x, y: F.huber_loss(x, y, delta=0.7, **r), shape, shape)
    check(lambda T, F, x, y: F.soft_margin_loss(x, y.detach(), **r), shape, shape)
    check(
        lambda T, F, x, y: F.binary_cross_entropy(x.sigmoid(), y.sigmoid(), **r), shape, shape
    )
    check(
        lambda T, F, x, y, w: F.binary_cross_entropy(x.sigmoid(), y.sigmoid(), w.detach(), **r),
        shape, shape, shape,
    )  # fmt: skip
    check(
        lambda T, F, x, y: F.binary_cross_entropy_with_logits(x, y.sigmoid(), **r), shape, shape
    )
    check(
        lambda T, F, x, y, w, p: F.binary_cross_entropy_with_logits(
            x, y.sigmoid(), w.detach(), pos_weight=p.detach().abs(), **r
        ),
        shape, shape, shape, shape,
    )  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(4, 3), (3,), (4, 3, 2), (4, 3, 2, 2), (2, 3, 2, 2, 2)], ids=str)
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_of_classes(reduction, shape, weighted):
    rng = np.random.RandomState(1)
    numbered = shape[:1] + shape[2:] if len(shape) > 1 else ()
    target = np.asarray(rng.randint(0, 3, numbered))
    weight = np.abs(rng.randn(3)).astype(np.float32) if weighted else None
    some = np.where(rng.rand(*numbered) < 0.3, -1, target)
    for ignore, y in ((-100, target), (1, target), (-1, some)):

        def settings(T, ignore=ignore):
            w = None if weight is None else T.from_numpy(weight)
            return {"weight": w, "reduction": reduction, "ignore_index": ignore}

        compare(lambda T, F, x, y: F.nll_loss(x, y, **settings(T)), numbers(*shape), y)
        compare(lambda T, F, x, y: F.cross_entropy(x, y, **settings(T)), numbers(*shape), y)
        compare(
            lambda T, F, x, y: F.cross_entropy(x, y, label_smoothing=0.2, **settings(T)),
            numbers(*shape), y,
        )  # fmt: skip
    compare(
        lambda T, F, x, y: F.cross_entropy(
            x, y.softmax(0), label_smoothing=0.1, **settings(T, -100)
        ),
        numbers(*shape), numbers(*shape, seed=2),
    )  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_cross_entropy_at_its_edges(reduction):
    x = numbers(4, 3)
    x[0, 1], x[1], x[2, 0] = np.inf, -np.inf, -np.inf
    y = np.array([1, 0, 0, 2])

    def call(T, F, x, y):
        return F.cross_entropy(x, y, reduction=reduction)

    compare(call, x, y, orders=1)
    compare(call, numbers(4, 3), y.astype(np.uint8))
    compare(call, numbers(0, 3), y[:0], orders=1)
    compare(call, numbers(4, 3), np.full(4, -100), orders=1)
    compare(call, numbers(4, 3, dtype=np.float16), y, orders=1, tolerance=1e-2)


def test_linear_cross_entropy():
    y = np.array([1, 0, 4, 2])
    compare(
        lambda T, F, x, w, b, y: F.linear_cross_entropy(x, w, y, linear_bias=b),
        numbers(4, 3), numbers(5, 3, seed=1), numbers(5, seed=2), y, orders=1,
    )  # fmt: skip


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc_loss(reduction, zero_infinity):
    together = np.array([1, 2, 2, 3, 1, 2, 2, 2])
    apart = np.array([[1, 2, 2], [3, 1, 4], [2, 2, 2]])
    for y, inputs, labels, blank in (
        (apart, (7, 5, 4), (3, 2, 3), 0),
        (together, (7, 5, 5), (3, 2, 3), 0),
        (apart - 1, (7, 5, 5), (2, 0, 1), 4),
    ):

        def call(T, F, x, y, inputs=inputs, labels=labels, blank=blank):
            return F.ctc_loss(
                x.log_softmax(-1), y, inputs, labels, blank, reduction, zero_infinity
            )

        compare(call, numbers(7, 3, 5), y, orders=1)


# --- attention, dropout --------------------------------------------------------------------------

HEADS = (2, 3, 5, 4), (2, 3, 6, 4), (2, 3, 6, 4)


@pytest.fixture
def plain_attention():
    """PyTorch's attention in single operators, which has second gradients."""
    from torch.nn.attention import SDPBackend, sdpa_kernel

    with sdpa_kernel(SDPBackend.MATH):
        yield


@pytest.mark.usefixtures("plain_attention")
def test_attention():
    def call(**settings):
        return lambda T, F, q, k, v: F.scaled_dot_product_attention(q, k, v, **settings)

    check(call(), *HEADS)
    check(call(is_causal=True), *HEADS)
    check(call(scale=0.3), *HEADS)
    check(call(enable_gqa=True), (2, 6, 5, 4), *HEADS[1:])
    check(call(), (5, 4), (6, 4), (6, 4))
    check(lambda T, F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), *HEADS, (5, 6))
    seen = np.random.RandomState(0).rand(5, 6) > 0.5
    seen[2] = False  # a query that sees nothing gets zeros
    compare(
        lambda T, F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m),
        *(numbers(*s, seed=i) for i, s in enumerate(HEADS)), seen,
    )  # fmt: skip
    arrays = [numbers(*s, seed=i) for i, s in enumerate(HEADS)]
    same(
        *drawn(
            lambda T, F: F.scaled_dot_product_attention(*map(T.from_numpy, arrays), dropout_p=0.3)
        ),
        1e-5,
        "dropout",
    )


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_dropout_is_bit_equal(dtype):
    array = numbers(3, 5, 4)

    def functions(T, F):
        x = T.from_numpy(array).to(getattr(T, dtype))
        return [
            F.dropout(x, 0.3), F.dropout(x.transpose(0, 2), 0.3), F.dropout1d(x, 0.3),
            F.dropout2d(x[..., None], 0.3), F.dropout3d(x[..., None, None], 0.3),
            F.alpha_dropout(x, 0.3, True), F.feature_alpha_dropout(x, 0.3, True),
            F.dropout(x, 1.0), F.dropout(x, 0.0), F.dropout(x.clone(), 0.3, inplace=True),
            T.dropout(x, 0.3, True), T.dropout(x, 0.3, False),
        ]  # fmt: skip

    same(*drawn(functions), 0, dtype)


def test_dropout_gradient():
    for T in LIBRARIES:
        T.manual_seed(3)
    found = []
    for T in LIBRARIES:
        x = made(T, numbers(50))
        T.nn.functional.dropout(x, 0.4).sum().backward()
        found.append(x.grad)
    same(*found, 0, "dropout")


# --- pictures ------------------------------------------------------------------------------------

MODES = {3: ["linear"], 4: ["bilinear", "bicubic"], 5: ["trilinear"]}
SIZES = [
    {"size": 9}, {"size": 3}, {"size": 14}, {"size": 1}, {"scale_factor": 2},
    {"scale_factor": 1.7}, {"scale_factor": 0.6},
    {"scale_factor": 2.3, "recompute_scale_factor": True},
]  # fmt: skip


@pytest.mark.parametrize("shape", [(2, 3, 7), (2, 3, 7, 5), (2, 2, 4, 5, 3)], ids=str)
@pytest.mark.parametrize("settings", SIZES, ids=str)
def test_interpolate(shape, settings):
    for mode in ("nearest", "nearest-exact", "area"):
        check(lambda T, F, x: F.interpolate(x, mode=mode, **settings), shape)  # noqa: B023
    for mode in MODES[len(shape)]:
        for align in (None, True):
            check(
                lambda T, F, x: F.interpolate(x, mode=mode, align_corners=align, **settings),  # noqa: B023
                shape,
            )


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("settings", [{"size": (9, 11)}, {"size": (3, 2)}], ids=str)
def test_interpolate_antialiased(mode, settings):
    check(lambda T, F, x: F.interpolate(x, mode=mode, antialias=True, **settings), (2, 3, 7, 5))


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [False, True])
def test_grid_sample(padding, align):
    for mode in ("bilinear", "nearest", "bicubic"):
        for x, grid in (((2, 3, 5, 4), (2, 3, 6, 2)), ((2, 2, 4, 5, 3), (2, 2, 3, 4, 3))):
            if mode == "bicubic" and len(x) == 5:
                continue
            check(
                lambda T, F, x, g: F.grid_sample(x, g * 0.9, mode, padding, align),  # noqa: B023
                x, grid, orders=1, tolerance=1e-3,
            )  # fmt: skip
    for size in ((2, 3, 5, 4), (2, 3, 3, 5, 4)):
        n = len(size) - 2
        check(lambda T, F, t: F.affine_grid(t, size, align), (2, n, n + 1))  # noqa: B023


def test_identity_grid_holds_gradients_at_the_border():
    theta = np.eye(3, dtype=np.float32)[None, :2]
    compare(
        lambda T, F, x, t: F.grid_sample(
            x, F.affine_grid(t, (1, 2, 5, 5), True), padding_mode="border", align_corners=True
        ),
        numbers(1, 2, 5, 5), theta, orders=1,
    )  # fmt: skip


# --- bags of embeddings --------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
def test_embedding_bag(mode):
    chosen, starts = np.array([1, 2, 4, 5, 4, 3, 2, 2]), np.array([0, 3, 3, 6])

    def call(**settings):
        return lambda T, F, w, i, o: F.embedding_bag(i, w, o, mode=mode, **settings)

    table = numbers(7, 3)
    compare(call(), table, chosen, starts, orders=1)
    compare(call(padding_idx=2), table, chosen, starts, orders=1)
    compare(call(include_last_offset=True), table, chosen, np.array([0, 3, 8]), orders=1)
    rows = chosen.reshape(2, 4)
    compare(lambda T, F, w, i: F.embedding_bag(i, w, mode=mode), table, rows, orders=1)
    if mode == "sum":
        compare(
            lambda T, F, w, s, i, o: F.embedding_bag(i, w, o, mode="sum", per_sample_weights=s),
            table, numbers(8), chosen, starts, orders=1,
        )  # fmt: skip


def test_one_hot():
    for x in (np.array([[1, 0], [3, 2]]), np.array(2), np.zeros((0, 2), np.int64)):
        compare(lambda T, F, x: F.one_hot(x, 5), x)
    compare(lambda T, F, x: F.one_hot(x), np.array([1, 4, 0]))


def test_names_in_the_history():
    """grad_fn prints as in PyTorch."""
    names = []
    for T in LIBRARIES:
        F = T.nn.functional

        def r(*s, T=T):
            return T.ones(*s, requires_grad=True)

        classes = T.zeros(4, dtype=T.int64)
        results = [
            r(2, 3) @ r(3, 4), r(2, 3) @ r(3), r(3) @ r(3), r(5, 2, 3) @ r(3, 4),
            T.bmm(r(5, 2, 3), r(5, 3, 4)), F.linear(r(2, 3), r(4, 3), r(4)),
            F.linear(r(2, 3), r(4, 3)), F.linear(r(2, 2, 3), r(4, 3), r(4)), F.relu(r(2)),
            F.relu6(r(2)), F.selu(r(2)), F.silu(r(2)), F.gelu(r(2)), F.softplus(r(2)),
            F.conv2d(r(1, 2, 5, 5), r(3, 2, 3, 3)), F.max_pool2d(r(1, 2, 6, 6), 2),
            F.avg_pool2d(r(1, 2, 6, 6), 2), F.adaptive_avg_pool2d(r(1, 2, 6, 6), 3),
            F.adaptive_avg_pool2d(r(1, 2, 6, 6), 1), F.layer_norm(r(4, 2), (2,)),
            F.batch_norm(r(4, 2), None, None, training=True), F.group_norm(r(4, 2), 1),
            F.nll_loss(r(4, 2), classes), F.cross_entropy(r(4, 2), classes),
            F.mse_loss(r(2), r(2)), F.huber_loss(r(2), r(2)), F.dropout(r(3)),
            F.scaled_dot_product_attention(r(1, 2, 3, 4), r(1, 2, 3, 4), r(1, 2, 3, 4)),
            F.interpolate(r(1, 1, 2, 2), scale_factor=2, mode="bilinear"),
        ]  # fmt: skip
        names.append([type(t.grad_fn).__name__ for t in results])
    assert names[0] == names[1]
