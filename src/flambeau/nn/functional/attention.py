"""Multi-head attention: projections, the attention of each head, and the projection back."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import flambeau

from .dropout import dropout
from .rows import ops

if TYPE_CHECKING:
    from ...tensor.dtype import dtype
    from ...tensor.tensor import Tensor


def additive_mask(
    mask: Tensor | None,
    name: str,
    target: dtype,
    other: Tensor | None = None,
    other_name: str = "",
) -> Tensor | None:
    """A mask as numbers to add to the scores: -inf where a boolean mask is True.

    Args:
        mask: boolean, or already such numbers
        name: what messages call it
        target: the type of the numbers
        other: a second mask, whose type should be the same
        other_name: what messages call that
    """
    if mask is None:
        return None
    is_float = mask.is_floating_point()
    if not is_float and mask.dtype != flambeau.bool:
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and mask.dtype != other.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both "
            "instead.",
            stacklevel=3,
        )
    if is_float:
        return mask
    return flambeau.zeros(mask.shape, dtype=target).masked_fill_(mask, -math.inf)


# --- checks ------------------------------------------------------------------------------------


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


def _check_dimensions(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> None:
    n = query.dim()
    _require(
        n in (2, 3),
        f"query should be unbatched 2D or batched 3D tensor but received {n}-D query tensor",
    )
    kind = "batched (3-D)" if n == 3 else "unbatched (2-D)"
    _require(
        key.dim() == value.dim() == n,
        f"For {kind} `query`, expected `key` and `value` to be {n}-D but found {key.dim()}-D and "
        f"{value.dim()}-D tensors respectively",
    )
    if key_padding_mask is not None:
        _require(
            key_padding_mask.dim() == n - 1,
            f"For {kind} `query`, expected `key_padding_mask` to be `None` or {n - 1}-D but found "
            f"{key_padding_mask.dim()}-D tensor instead",
        )
    if attn_mask is not None:
        _require(
            attn_mask.dim() in (2, 3),
            f"For {kind} `query`, expected `attn_mask` to be `None`, 2-D or 3-D but found "
            f"{attn_mask.dim()}-D tensor instead",
        )
        if n == 2 and attn_mask.dim() == 3:
            wanted = (num_heads, query.shape[0], key.shape[0])
            _require(
                tuple(attn_mask.shape) == wanted,
                f"Expected `attn_mask` shape to be {wanted} but got {attn_mask.shape}",
            )


def _check_sizes(
    query: Tensor, key: Tensor, value: Tensor, embed_dim: int, num_heads: int, separate: bool
) -> None:
    width = query.shape[-1]
    _require(
        width == embed_dim, f"was expecting embedding dimension of {embed_dim}, but got {width}"
    )
    _require(width % num_heads == 0, f"embed_dim {width} not divisible by num_heads {num_heads}")
    if separate:
        _require(
            key.shape[:2] == value.shape[:2],
            f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}",
        )
    else:
        _require(
            key.shape == value.shape,
            f"key shape {key.shape} does not match value shape {value.shape}",
        )


def _check_mask(mask: Tensor, batch: int, heads: int, length: int, source: int) -> Tensor:
    """The mask as (1 or batch * heads, length, source)."""
    wanted = (length, source) if mask.dim() == 2 else (batch * heads, length, source)
    if tuple(mask.shape) != wanted:
        raise RuntimeError(
            f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {wanted}."
        )
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


# --- projections -------------------------------------------------------------------------------


def _project_packed(
    query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Query, key and value through one weight that holds the three of them."""
    width = query.size(-1)
    if key is value and query is key:
        return ops.linear(query, weight, bias).chunk(3, -1)
    if key is value:
        w_query, w_rest = weight.split([width, 2 * width])
        b_query, b_rest = (None, None) if bias is None else bias.split([width, 2 * width])
        both = ops.linear(key, w_rest, b_rest).chunk(2, -1)
        return ops.linear(query, w_query, b_query), *both
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return tuple(
        ops.linear(x, w, b)
        for x, w, b in zip((query, key, value), weight.chunk(3), biases, strict=True)
    )


def _project_separately(
    inputs: tuple[Tensor, ...], weights: tuple[Tensor | None, ...], bias: Tensor | None
) -> tuple[Tensor, ...]:
    """Query, key and value each through a weight of its own."""
    width = inputs[0].size(-1)
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    for letter, w in zip("qkv", weights, strict=True):
        if w is None:
            raise AssertionError(
                f"use_separate_proj_weight is True but {letter}_proj_weight is None"
            )
    for name, x, w in zip(("query", "key", "value"), inputs, weights, strict=True):
        wanted = (width, x.size(-1))
        _require(
            tuple(w.shape) == wanted,  # type: ignore[union-attr]
            f"expecting {name} weights shape of {wanted}, but got {w.shape}",  # type: ignore[union-attr]
        )
    return tuple(ops.linear(x, w, b) for x, w, b in zip(inputs, weights, biases, strict=True))


def _static(given: Tensor, name: str, rows: int, width: int) -> Tensor:
    """A key or value that is given for each head, checked."""
    for dim, wanted in ((0, rows), (2, width)):
        _require(
            given.size(dim) == wanted,
            f"expecting {name}.size({dim}) of {wanted}, but got {given.size(dim)}",
        )
    return given


# --- attention ---------------------------------------------------------------------------------


def _with_weights(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float
) -> tuple[Tensor, Tensor]:
    """softmax(q k^T / sqrt(d) + mask) v, and the softmax, for (batch * heads, length, d)."""
    scaled = q * math.sqrt(1.0 / q.size(-1))
    if mask is None:
        scores = ops.bmm(scaled, k.transpose(-2, -1))
    else:
        scores = ops.baddbmm(mask, scaled, k.transpose(-2, -1))
    weights = scores.softmax(-1)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p)
    return ops.bmm(weights, v), weights


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Multi-head attention; see `nn.MultiheadAttention`.

    Args:
        query, key, value: (length, batch, width), (source, batch, ...), or without batch
        embed_dim_to_check: the width that the query must have
        num_heads: heads; each works on width / num_heads features
        in_proj_weight, in_proj_bias: (3 * width, width) and (3 * width): query, key and value
        bias_k, bias_v: (1, 1, width): one more position of key and value
        add_zero_attn: whether one more position of zeros is added to both
        dropout_p: probability of dropout on the attention weights, if `training`
        out_proj_weight, out_proj_bias: (width, width) and (width)
        key_padding_mask: (batch, source): True (or -inf) at positions that nobody looks at
        need_weights: whether the attention weights are returned too
        attn_mask: (length, source) or (batch * heads, length, source): True (or -inf) where a
            query must not look
        use_separate_proj_weight: whether q_proj_weight, k_proj_weight and v_proj_weight, of
            (width, features) each, stand in for in_proj_weight
        static_k, static_v: key and value of each head, (batch * heads, source, width / heads)
        average_attn_weights: whether the weights are averaged over the heads
        is_causal: says that attn_mask hides the future, so that it need not be read

    Returns (length, batch, width) and, if needed, the weights (batch, length, source), or
    (batch, heads, length, source) where they are not averaged.
    """
    _check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    batched = query.dim() == 3
    if not batched:
        same_key, same_value = query is key, key is value
        query = query.unsqueeze(1)
        key = query if same_key else key.unsqueeze(1)
        value = key if same_value else value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    length, batch, width = query.shape
    source, head = key.shape[0], width // num_heads
    key_padding_mask = additive_mask(
        key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask"
    )
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module "
            "method `generate_square_subsequent_mask` to create this mask."
        )
    if is_causal and key_padding_mask is None and not need_weights:
        attn_mask = None  # the hint says it all
    else:
        attn_mask = additive_mask(attn_mask, "attn_mask", query.dtype)
        is_causal = is_causal and key_padding_mask is None
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if use_separate_proj_weight:
        weights = (q_proj_weight, k_proj_weight, v_proj_weight)
        q, k, v = _project_separately((query, key, value), weights, in_proj_bias)
    elif in_proj_weight is None:
        raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
    else:
        q, k, v = _project_packed(query, key, value, in_proj_weight, in_proj_bias)
    if attn_mask is not None:
        attn_mask = _check_mask(attn_mask, batch, num_heads, length, source)

    # Positions beside those of the sequence, which every query may look at.
    more = 0
    if bias_k is not None and bias_v is not None:
        _require(static_k is None, "bias cannot be added to static key.")
        _require(static_v is None, "bias cannot be added to static value.")
        k = flambeau.cat([k, bias_k.repeat(1, batch, 1)])
        v = flambeau.cat([v, bias_v.repeat(1, batch, 1)])
        more += 1
    else:
        _require(bias_k is None, "bias_k is set but bias_v is None")
        _require(bias_v is None, "bias_v is set but bias_k is None")
    rows = batch * num_heads

    def by_head(x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], rows, head).transpose(0, 1)

    q = by_head(q)
    k = by_head(k) if static_k is None else _static(static_k, "static_k", rows, head)
    v = by_head(v) if static_v is None else _static(static_v, "static_v", rows, head)
    if add_zero_attn:
        k = flambeau.cat([k, k.new_zeros(rows, 1, head)], 1)
        v = flambeau.cat([v, v.new_zeros(rows, 1, head)], 1)
        more += 1
    source = k.size(1)
    if attn_mask is not None and more:
        attn_mask = ops.pad(attn_mask, (0, more))
    if key_padding_mask is not None:
        if more:
            key_padding_mask = ops.pad(key_padding_mask, (0, more))
        attn_mask = _merged(attn_mask, key_padding_mask, batch, num_heads, source)

    dropout_p = dropout_p if training else 0.0
    if need_weights:
        attended, shares = _with_weights(q, k, v, attn_mask, dropout_p)
        joined = attended.transpose(0, 1).reshape(length * batch, width)
    else:
        if attn_mask is not None:
            shape = (1, 1) if attn_mask.size(0) == 1 else (batch, num_heads)
            attn_mask = attn_mask.view(*shape, -1, source)
        q, k, v = (x.view(batch, num_heads, -1, head) for x in (q, k, v))
        attended = ops.scaled_dot_product_attention(q, k, v, attn_mask, dropout_p, is_causal)
        joined = attended.permute(2, 0, 1, 3).reshape(length * batch, width)
    result = ops.linear(joined, out_proj_weight, out_proj_bias)
    result = result.view(length, batch, result.size(1))
    if not batched:
        result = result.squeeze(1)
    if not need_weights:
        return result, None
    shares = shares.view(batch, num_heads, length, source)
    if average_attn_weights:
        shares = shares.mean(dim=1)
    return result, shares if batched else shares.squeeze(0)


def _merged(
    attn_mask: Tensor | None, key_padding_mask: Tensor, batch: int, heads: int, source: int
) -> Tensor:
    """Both masks as one of (batch * heads, length or 1, source)."""
    for dim, wanted in enumerate((batch, source)):
        _require(
            key_padding_mask.shape[dim] == wanted,
            f"Expected key_padded_mask.shape[{dim}] to be {wanted}, but got "
            f"{key_padding_mask.shape[dim]}",
        )
    spread = key_padding_mask.view(batch, 1, 1, source).expand(-1, heads, -1, -1)
    spread = spread.reshape(batch * heads, 1, source)
    return spread if attn_mask is None else attn_mask + spread
