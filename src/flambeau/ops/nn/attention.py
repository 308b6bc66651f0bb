"""Scaled dot-product attention as one operator, with its gradient."""

from __future__ import annotations

import math

import numpy as np

from ...autograd.modes import mode
from ...tensor import dtype as D
from ...tensor.size import broadcast_shapes
from ...tensor.tensor import Tensor, wrap
from ..contractions import accumulate_type, cpp_name, matmul
from ..dispatch import execute
from ..expressions import TENSORS
from ..table import ROWS, composite, op
from . import native_attention as native

Array = np.ndarray


def _scores(query: Array, key: Array, mask: Array | None, is_causal: bool, scale: float) -> Array:
    """scale Q K^T, -inf where a query must not see a key."""
    scores = np.matmul(query, np.swapaxes(key, -1, -2))
    scores *= scores.dtype.type(scale)
    if is_causal:
        seen = np.tri(*scores.shape[-2:], dtype=np.bool_)
        scores += np.where(seen, scores.dtype.type(0), scores.dtype.type(-np.inf))
    if mask is None:
        return scores
    if mask.dtype.kind == "b":
        return np.where(mask, scores, scores.dtype.type(-np.inf))
    return scores + mask.astype(scores.dtype, copy=False)


def _softmax(scores: Array) -> Array:
    """The softmax of each row, written over it; zeros where a row sees nothing."""
    if not scores.size:
        return scores
    top = scores.max(-1, keepdims=True)
    empty = top == -np.inf
    if empty.any():
        top = np.where(empty, scores.dtype.type(0), top)
    scores -= top
    np.exp(scores, out=scores)
    sums = scores.sum(-1, keepdims=True)
    if empty.any():
        sums = np.where(sums == 0, scores.dtype.type(1), sums)
    scores /= sums
    return scores


def _wide(*arrays: Array) -> list[Array]:
    return [a.astype(accumulate_type(a.dtype), copy=False) for a in arrays]


@op("_attention(query, key, value, attn_mask: Tensor | None, is_causal: bool, scale: float)",
    derivative={"query, key, value, attn_mask":
                "attention_gradients(grad, query, key, value, attn_mask, is_causal, scale, "
                "weights, needs)"},
    where="", lowering="contraction", outputs=("result", "weights"), hidden=1,
    nondifferentiable=("weights",), node="ScaledDotProductFlashAttentionForCpuBackward0",
    formula=r"\operatorname{softmax}\left(\frac{Q K^T}{\sqrt{d}} + M\right) V")
def _attention(
    query: Array, key: Array, value: Array, attn_mask: Array | None, is_causal: bool, scale: float
) -> tuple[Array, Array]:
    """softmax(scale Q K^T + mask) V, and the softmax."""
    fast = native.forward(query, key, value, attn_mask, is_causal, scale)
    if fast is not None:
        return fast
    q, k, v = _wide(query, key, value)
    weights = _softmax(_scores(q, k, attn_mask, is_causal, scale))
    return np.matmul(weights, v).astype(query.dtype, copy=False), weights


@op("_attention_backward(grad_output, query, key, value, weights, is_causal: bool, scale: float)",
    where="", lowering="contraction", outputs=("query", "key", "value", "scores"))
def _attention_backward(
    grad_output: Array, query: Array, key: Array, value: Array, weights: Array, is_causal: bool,
    scale: float,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """The gradients of query, key, value and of the scores (and so of the mask)."""
    fast = native.backward(grad_output, query, key, value, weights, is_causal, scale)
    if fast is not None:
        return fast
    g, q, k, v = _wide(grad_output, query, key, value)
    value_gradient = np.matmul(np.swapaxes(weights, -1, -2), g)
    scores = np.matmul(g, np.swapaxes(v, -1, -2))
    scores -= np.einsum("...s,...s->...", scores, weights)[..., None]
    scores *= weights
    factor = scores.dtype.type(scale)
    query_gradient = np.matmul(scores, k) * factor
    key_gradient = np.matmul(np.swapaxes(scores, -1, -2), q) * factor
    dtype = grad_output.dtype
    parts = (query_gradient, key_gradient, value_gradient, scores)
    return tuple(part.astype(dtype, copy=False) for part in parts)  # type: ignore[return-value]


def _gradients(
    grad: Tensor, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool,
    scale: float, weights: Tensor, needs: dict[str, bool],
) -> tuple:  # fmt: skip
    if mode.grad:
        weights = _composed_weights(query, key, mask, is_causal, scale)
        scores = matmul(grad, value.mT)
        scores = weights * (scores - (scores * weights).sum(-1, keepdim=True))
        got = (
            matmul(scores, key) * scale, matmul(scores.mT, query) * scale,
            matmul(weights.mT, grad), scores,
        )  # fmt: skip
    else:
        args = (grad, query, key, value, weights, is_causal, scale)
        got = execute(ROWS["_attention_backward"], args)
    fit = TENSORS["sum_to_size"]
    inputs = {"query": query, "key": key, "value": value, "attn_mask": mask}
    return tuple(
        fit(g, tuple(t._data.shape)).to(t.dtype) if t is not None and needs[name] else None
        for g, (name, t) in zip(got, inputs.items(), strict=True)
    )


def _composed_weights(
    query: Tensor, key: Tensor, mask: Tensor | None, is_causal: bool, scale: float
) -> Tensor:
    """The softmax of the scores in differentiable operators."""
    where = TENSORS["where"]
    scores = matmul(query, key.mT) * scale
    if is_causal:
        seen = wrap(np.tri(*scores._data.shape[-2:], dtype=np.bool_))
        scores = where(seen, scores, -math.inf)
    if mask is not None:
        scores = where(mask, scores, -math.inf) if mask.dtype is D.bool_ else scores + mask
    nothing = (scores == -math.inf).all(-1, keepdim=True)
    return where(nothing, 0.0, where(nothing, 0.0, scores).softmax(-1))


TENSORS["attention_gradients"] = _gradients


@composite("nn")
def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(Q K^T / sqrt(E) + mask) V.

    Args:
        query: (..., H, L, E); key: (..., H, S, E); value: (..., H, S, Ev).
        attn_mask: broadcasts to (..., L, S): True where a query may look, or numbers to add.
        dropout_p: the share of the softmax that is dropped (also outside of training).
        is_causal: a query sees the keys up to its own position only.
        scale: in place of 1 / sqrt(E).
        enable_gqa: fewer heads of key and value than of query, each serving several.
    """
    _check(query, key, value, attn_mask, is_causal, enable_gqa)
    if enable_gqa:
        key, value = _more_heads(query, key), _more_heads(query, value)
    if scale is None:
        width = query.shape[-1]
        scale = 1 / math.sqrt(width) if width else 0.0
    if dropout_p:
        weights = _composed_weights(query, key, attn_mask, is_causal, scale)
        return matmul(TENSORS["dropout"](weights, dropout_p, True), value)
    return execute(ROWS["_attention"], (query, key, value, attn_mask, is_causal, scale))


def _check(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool,
    enable_gqa: bool,
) -> None:  # fmt: skip
    q, k, v = query._data, key._data, value._data
    if not q.dtype == k.dtype == v.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{cpp_name(q.dtype)} key.dtype: {cpp_name(k.dtype)} and value.dtype: "
            f"{cpp_name(v.dtype)} instead."
        )
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: "
            f"{q.ndim} key.dim: {k.ndim} and value.dim: {v.ndim} instead."
        )
    if q.dtype.kind in "biu":
        raise RuntimeError(f"expected scalar type Float but found {D.of(q.dtype).title}")
    if not enable_gqa:
        broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
    batch = math.prod(q.shape[:-2])
    for a, b in ((q.shape[-1], k.shape[-1]), (k.shape[-2], v.shape[-2])):
        if a != b:
            raise RuntimeError(
                "Expected size for first two dimensions of batch2 tensor to be: "
                f"[{batch}, {a}] but got: [{batch}, {b}].\n"
                "Hint: query and key must have the same last dimension, key and value the same "
                f"number of positions; their shapes are {list(q.shape)}, {list(k.shape)} and "
                f"{list(v.shape)}."
            )
    if mask is None:
        return
    if is_causal:
        raise RuntimeError(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
            "is_causal=True"
        )
    m = mask._data
    if m.dtype.kind != "b" and m.dtype != q.dtype and m.dtype != np.float32:
        raise RuntimeError(
            "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
            f"attn_mask.dtype: {cpp_name(m.dtype)} and  query.dtype: {cpp_name(q.dtype)} instead."
        )
    broadcast_shapes((*q.shape[:-1], k.shape[-2]), m.shape)


def _more_heads(query: Tensor, t: Tensor) -> Tensor:
    """Each head as often as there are query heads for it."""
    heads, own = query.shape[-3], t.shape[-3]
    if heads == own:
        return t
    if not own or heads % own:
        raise RuntimeError(
            "Number of heads in key and value must divide the number of heads in \n"
            f"Hint: query has {heads} heads, key or value {own}."
        )
    shape = t.shape
    spread = t.unsqueeze(-3).expand(*shape[:-2], heads // own, *shape[-2:])
    return spread.reshape(*shape[:-3], heads, *shape[-2:])
