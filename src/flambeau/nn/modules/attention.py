"""Attention with several heads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .. import init
from ..functional.attention import additive_mask
from ..parameter import Parameter
from .linear import NonDynamicallyQuantizableLinear
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class MultiheadAttention(Module):
    r"""Concat(head_1, ..., head_h) W^O, head_i = attention(Q W_i^Q, K W_i^K, V W_i^V).

    The attention of a head is softmax(Q K^T / sqrt(d)) V. From "Attention Is All You Need".

    Args:
        embed_dim: features of queries and of the result
        num_heads: heads, among which the features are divided
        dropout: probability of dropout on the attention weights
        bias: whether the projections have biases
        add_bias_kv: whether one more position of key and value is learnt
        add_zero_attn: whether one more position of zeros is added to key and value
        kdim, vdim: features of keys and of values; `embed_dim` by default
        batch_first: whether inputs and result are (batch, length, features) instead of
            (length, batch, features)

    Parameters: in_proj_weight (3 * embed_dim, embed_dim), or q_proj_weight, k_proj_weight and
    v_proj_weight where kdim or vdim differ; in_proj_bias; out_proj; bias_k, bias_v.
    """

    in_proj_weight: Parameter | None
    in_proj_bias: Parameter | None
    bias_k: Parameter | None
    bias_v: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                "embed_dim and num_heads must be greater than 0, got "
                f"embed_dim={embed_dim} and num_heads={num_heads} instead"
            )
        super().__init__()
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        separate = not self._qkv_same_embed_dim
        shapes: dict[str, tuple[int, ...] | None] = {
            "q_proj_weight": (embed_dim, embed_dim) if separate else None,
            "k_proj_weight": (embed_dim, self.kdim) if separate else None,
            "v_proj_weight": (embed_dim, self.vdim) if separate else None,
            "in_proj_weight": None if separate else (3 * embed_dim, embed_dim),
            "in_proj_bias": (3 * embed_dim,) if bias else None,
        }
        for name, shape in shapes.items():
            self._add(name, shape, factory)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **factory)
        if add_bias_kv:
            self._add("bias_k", (1, 1, embed_dim), factory)
            self._add("bias_v", (1, 1, embed_dim), factory)
        else:
            self.bias_k = self.bias_v = None
        self.add_zero_attn = add_zero_attn
        self._reset_parameters()

    def _add(self, name: str, shape: tuple[int, ...] | None, factory: dict[str, Any]) -> None:
        value = None if shape is None else Parameter(flambeau.empty(shape, **factory))
        self.register_parameter(name, value)

    def _reset_parameters(self) -> None:
        """Draws new initial values."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            weight = getattr(self, name)
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.constant_(self.in_proj_bias, 0.0)
            init.constant_(self.out_proj.bias, 0.0)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def __setstate__(self, state: dict[str, Any]) -> None:
        state.setdefault("_qkv_same_embed_dim", True)  # modules of PyTorch 1.1 lack it
        super().__setstate__(state)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """The result and the attention weights; see `nn.functional.multi_head_attention_forward`.

        Args:
            query: (length, batch, embed_dim), or (length, embed_dim)
            key, value: (source, batch, kdim) and (source, batch, vdim), or without batch
            key_padding_mask: (batch, source): True at positions that nobody looks at
            need_weights: whether the weights are returned; attention is quicker without them
            attn_mask: (length, source) or (batch * num_heads, length, source): True where a
                query must not look, or numbers to add to the scores
            average_attn_weights: whether the weights are averaged over the heads
            is_causal: says that attn_mask hides the future
        """
        key_padding_mask = additive_mask(
            key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask"
        )
        attn_mask = additive_mask(attn_mask, "attn_mask", query.dtype)
        swap = self.batch_first and query.dim() == 3
        if swap:
            query, key, value = _swapped(query, key, value)
        result, weights = F.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return (result.transpose(0, 1) if swap else result), weights


def _swapped(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The three with time first; what was the same tensor remains the same."""
    by_id = {id(x): x.transpose(0, 1) for x in (query, key, value)}
    return by_id[id(query)], by_id[id(key)], by_id[id(value)]
