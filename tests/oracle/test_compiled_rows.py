"""PyTorch's sample inputs of some operators, compiled and not; compiled_rows.py runs all."""

from __future__ import annotations

import warnings

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")

from torch.testing._internal.common_methods_invocations import op_db  # noqa: E402

from oracle.compiled_rows import check_op, public  # noqa: E402

PARTS, EVERY = 4, 4  # the other operators: python tests/oracle/compiled_rows.py
# Gradients that are rounding errors alone.
ROUNDING = {"nn.functional.layer_norm", "linalg.lstsq", "svd_lowrank", "pca_lowrank"}


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_operators_compiled(part):
    wrong, ran = [], 0
    for op in [op for op in op_db if public(op.name)][part :: PARTS * EVERY]:
        if op.name in ROUNDING:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for i, outcome in check_op(op, torch.float32, 1):
                ran += 1
                if outcome.wrong:
                    wrong.append(f"{op.name} {op.variant_test_name} {i}: {outcome.wrong}")
    assert not wrong
    assert ran > 10
