"""A row in the operator table is all that an operator needs."""

from __future__ import annotations

import math

import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.ops import bind, expressions, table
from flambeau.tensor.tensor import Tensor


@pytest.fixture
def softsquare():
    """A new operator, added as one row and taken away again."""
    row = table.pointwise(
        "softsquare(input)",
        "input * input / (1 + abs(input))",
        {"input": "grad * input * (2 + abs(input)) / (1 + abs(input)) ** 2"},
        table.FLOAT,
        r"\frac{x^2}{1 + |x|}",
    )
    bind.bind_row(row)
    yield bind.FUNCTIONS["function"]["softsquare"]
    for name in ("softsquare", "softsquare_"):
        bind.FUNCTIONS["function"].pop(name, None)
        expressions.TENSORS.pop(name, None)
        delattr(Tensor, name)
    del table.ROWS["softsquare"]


def test_a_row_gives_function_method_and_inplace_method(softsquare):
    x = fl.tensor([-1.0, 0.0, 3.0])
    assert softsquare(x).tolist() == [0.5, 0.0, 2.25]
    assert x.softsquare().tolist() == [0.5, 0.0, 2.25]
    assert softsquare(input=x).tolist() == [0.5, 0.0, 2.25]
    assert x.softsquare_() is x
    assert x.tolist() == [0.5, 0.0, 2.25]
    assert softsquare(fl.tensor([1, 2])).dtype is fl.float32  # the type rule


def test_a_row_gives_the_gradient_and_its_gradient(softsquare):
    x = fl.tensor([-2.0, -0.5, 0.7, 3.0], dtype=fl.float64, requires_grad=True)
    assert gradcheck(softsquare, (x,))
    assert gradgradcheck(softsquare, (x,))
    assert type(softsquare(x).grad_fn).__name__ == "SoftsquareBackward0"


def test_a_row_gives_documentation(softsquare):
    assert table.ROWS["softsquare"].formula == r"\frac{x^2}{1 + |x|}"
    assert softsquare.__name__ == "softsquare"


def test_out_and_wrong_arguments(softsquare):
    out = fl.empty(0)
    assert softsquare(fl.tensor([1.0]), out=out) is out
    assert out.tolist() == [0.5]
    with pytest.raises(TypeError, match="must be Tensor, not str"):
        softsquare("x")
    with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
        softsquare(out, colour=1)
    with pytest.raises(TypeError, match="missing 1 required positional"):
        softsquare()


def test_two_rows_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two rows"):
        table.pointwise("tanh(input)", "tanh(input)")


def test_every_derivative_names_only_what_exists():
    """A derivative may name parameters, outputs, grad(s), needs and functions of the table."""
    for row in table.ROWS.values():
        row.prepare()
        known = {p.name for p in row.params} | {"grad", "grads", "needs", *row.outputs}
        for key, expression in (row.derivative or {}).items():
            inputs = {name.strip() for name in key.split(",")}
            assert inputs <= {p.name for p in row.params}, row
            names, _ = expressions.used_names(expression)
            unknown = set(names) - known - expressions.TENSORS.keys() - {"True", "False", "None"}
            assert not unknown, f"{row.name}: {unknown}"


def test_every_pointwise_helper_has_its_counterpart_on_tensors():
    import ast

    for row in table.ROWS.values():
        if row.lowering != "pointwise":
            continue
        for expression in (row.derivative or {}).values():
            for node in ast.walk(ast.parse(expression, mode="eval")):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    assert node.func.id in expressions.TENSORS, (row.name, node.func.id)
                    assert node.func.id in expressions.ARRAYS, (row.name, node.func.id)


def test_signatures_are_read():
    params = table.parse_signature(
        "f(input, dim: int[] | None = None, *, alpha: Number = 1, mode: str = 'a, (b')"
    )
    assert [p.name for p in params] == ["input", "dim", "alpha", "mode"]
    assert [p.keyword_only for p in params] == [False, False, True, True]
    assert params[3].default == "a, (b"
    assert params[0].is_tensor and not params[1].is_tensor


def test_kept_values_follow_from_the_expression():
    names, heavy = expressions.used_names("grad.reshape(input.shape) * other")
    assert set(names) == {"grad", "input", "other"}
    assert heavy == {"grad", "other"}  # of input, only the shape is kept


def test_numbers_mix_without_changing_the_type():
    x = fl.tensor([1.0, 2.0])
    assert (x + 1).dtype is fl.float32
    assert (x * 2.5).dtype is fl.float32
    assert (fl.tensor([1, 2]) * 2.5).dtype is fl.float32
    assert (fl.tensor([True]) + 1).dtype is fl.int64
    assert (fl.tensor([1, 2]) / 2).tolist() == [0.5, 1.0]
    assert (fl.tensor([1, 2], dtype=fl.uint8) + fl.tensor([1, 2], dtype=fl.int8)).dtype is fl.int16
    assert (x + fl.tensor(1.0, dtype=fl.float64)).dtype is fl.float32
    assert (x + fl.tensor([1.0, 1.0], dtype=fl.float64)).dtype is fl.float64


def test_infinities_and_nan_are_silent():
    import subprocess
    import sys

    program = (
        "import flambeau as fl; x = fl.tensor([0., -1.]); print((1 / x).tolist(), x.log().tolist())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[inf, -1.0] [-inf, nan]\n"
    assert done.stderr == ""


def test_warnings_as_errors_do_not_change_results():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (1 / fl.tensor([0.0])).tolist() == [math.inf]
        assert fl.tensor([0.0], requires_grad=True).log().tolist() == [-math.inf]
