"""Softmax over very many classes, the rare of which are scored in clusters."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    r"""log P(class) = log P(cluster) + log P(class | cluster), and its negative mean.

    Classes must be sorted by how frequent they are. The first ones are scored by the head, which
    also scores the clusters of the others; each cluster works on fewer features than the one
    before. From "Efficient softmax approximation for GPUs" (Grave et al.).

    Args:
        in_features: features of the input
        n_classes: classes
        cutoffs: the first class of each cluster
        div_value: by which each cluster divides the features
        head_bias: whether the head has a bias

    Shapes: input (N, in_features) or (in_features), target (N) or ().
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        rising = all(a < b for a, b in pairwise(cutoffs))
        whole = all(int(c) == c for c in cutoffs)
        if not (rising and whole and cutoffs[0] > 0 and cutoffs[-1] <= n_classes - 1):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                "order, where each value is between 1 and n_classes-1"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **factory)
        self.tail = ModuleList()
        for i, (first, last) in enumerate(pairwise(self.cutoffs)):
            width = int(in_features // div_value ** (i + 1))
            cluster = Sequential(
                Linear(in_features, width, bias=False, **factory),
                Linear(width, last - first, bias=False, **factory),
            )
            self.tail.append(cluster)

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster:  # type: ignore[attr-defined]
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The log-probabilities of the targets, and the negative of their mean."""
        self._check(input_, target_)
        batched = target_.dim() > 0
        input = input_ if batched else input_.unsqueeze(0)
        target = target_ if batched else target_.unsqueeze(0)
        outside = (target < 0) | (target >= self.n_classes)
        if outside.any():
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range "
                f"[{target.min().item()}, {target.max().item()}] were found. "
            )
        places = target.clone()  # in the head: the class itself, or its cluster
        output = input.new_zeros(target.size(0))
        for i, (first, last) in enumerate(pairwise(self.cutoffs)):
            rows = ((target >= first) & (target < last)).nonzero().squeeze(1)
            if not rows.numel():
                continue
            inside = F.log_softmax(self.tail[i](input.index_select(0, rows)), dim=1)
            own = (target[rows] - first).unsqueeze(1)
            output = output.index_copy(0, rows, inside.gather(1, own).squeeze(1))
            places.index_fill_(0, rows, self.shortlist_size + i)
        head = F.log_softmax(self.head(input), dim=1)
        output = output + head.gather(1, places.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    @staticmethod
    def _check(input: Tensor, target: Tensor) -> None:
        if target.dim() > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if target.dim() == 1 and input.size(0) != target.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input.dim() != target.dim() + 1:
            raise RuntimeError(
                f"{target.dim()}D target tensor expects {target.dim() + 1}D input tensors, but "
                f"found inputs with size {input.size()}"
            )

    def _all(self, input: Tensor, scores: Tensor) -> Tensor:
        """The log-probabilities of all classes, given the head's scores."""
        head = F.log_softmax(scores, dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            inside = F.log_softmax(cluster(input), dim=1)
            parts.append(inside + head[:, self.shortlist_size + i].unsqueeze(1))
        return flambeau.cat(parts, 1)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes, (N, n_classes)."""
        return self._all(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each sample, (N); clusters are scored only where needed."""
        scores = self.head(input)
        best = scores.argmax(dim=1)
        rare = best >= self.shortlist_size
        if rare.any():
            best[rare] = self._all(input[rare], scores[rare]).argmax(dim=1)
        return best
