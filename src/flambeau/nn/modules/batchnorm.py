"""Batch normalisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import flambeau

from .. import functional as F
from .. import init
from ..parameter import Parameter, UninitializedBuffer, UninitializedParameter
from .lazy import LazyModuleMixin
from .module import Module

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class _NormBase(Module):
    """What batch and instance normalisation share: weight, bias and running statistics."""

    _version = 2
    # How many dimensions the input may have.
    _dimensions: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        for name, wanted in (("weight", affine), ("bias", affine and bias)):
            value = Parameter(flambeau.empty(num_features, **factory)) if wanted else None
            self.register_parameter(name, value)
        if track_running_stats:
            self.register_buffer("running_mean", flambeau.zeros(num_features, **factory))
            self.register_buffer("running_var", flambeau.ones(num_features, **factory))
            self.register_buffer(
                "num_batches_tracked", flambeau.tensor(0, dtype=flambeau.int64, device=device)
            )
        else:
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                self.register_buffer(name, None)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forgets what was seen: mean 0, variance 1, no batches."""
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Weight one, bias zero, and no statistics."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() not in self._dimensions:
            allowed = " or ".join(f"{n}D" for n in self._dimensions)
            raise ValueError(f"expected {allowed} input (got {input.dim()}D input)")

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        *args: Any,
    ) -> None:
        # Version 1 did not count batches.
        version = local_metadata.get("version")
        if (version is None or version < 2) and self.track_running_stats:
            count = self.num_batches_tracked
            state_dict.setdefault(
                prefix + "num_batches_tracked",
                flambeau.tensor(0, dtype=flambeau.int64) if count is None else count,
            )
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


class _BatchNorm(_NormBase):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias, each channel over the whole batch.

    While training, mean and variance are those of the batch (the biased variance), and the running
    statistics move towards them: running = (1 - momentum) * running + momentum * batch, there with
    the unbiased variance. In evaluation the running statistics are used.

    Args:
        num_features: channels C
        eps: keeps the denominator away from zero
        momentum: the weight of the newest batch; None for the average of all batches
        affine: whether weight and bias are learnt
        track_running_stats: whether to keep running statistics; without them the batch's own are
            used in evaluation too
        bias: with `affine`, whether a bias is learnt

    Raises ValueError for inputs of another number of dimensions, and for a single value per channel
    while training.
    """

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        training, tracks = self.training, self.track_running_stats
        factor = 0.0 if self.momentum is None else self.momentum
        running_mean, running_var = self.running_mean, self.running_var
        if training and tracks:
            count = self.num_batches_tracked
            if count is not None:
                count.add_(1)
                if self.momentum is None:
                    factor = 1.0 / float(count)
        uses_batch = training or (running_mean is None and running_var is None)
        if training and not tracks:
            running_mean = running_var = None
        return F.batch_norm(
            input, running_mean, running_var, self.weight, self.bias, uses_batch, factor, self.eps
        )

    def _expects(self, input: Tensor) -> str:
        shapes = {2: "[N, {}]", 3: "[N, {}, L]", 4: "[N, {}, H, W]", 5: "[N, {}, D, H, W]"}
        return "expected " + " or ".join(
            shapes[n].format(self.num_features) for n in self._dimensions
        )


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L). Arguments as in `_BatchNorm`."""

    _dimensions = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (N, C, H, W). Arguments as in `_BatchNorm`."""

    _dimensions = (4,)


class BatchNorm3d(_BatchNorm):
    """Batch normalisation of (N, C, D, H, W). Arguments as in `_BatchNorm`."""

    _dimensions = (5,)


class SyncBatchNorm(_BatchNorm):
    """Batch normalisation of (N, C, *), in training over the batches of all processes.

    In a single process it is ordinary batch normalisation.

    Args:
        num_features, eps, momentum, affine, track_running_stats, bias: as in `_BatchNorm`
        process_group: the processes whose batches count; all by default
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    def _check_input_dim(self, input: Tensor) -> None:
        if input.dim() < 2:
            raise ValueError(f"expected at least 2D input (got {input.dim()}D input)")
        if input.size(1) == 0:
            raise ValueError("SyncBatchNorm number of input channels should be non-zero")

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """The module with all its batch normalisations replaced by this class."""
        result = module
        if isinstance(module, _BatchNorm):
            result = SyncBatchNorm(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
                bias=module.bias is not None,
            )
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                setattr(result, name, getattr(module, name))
            result.training = module.training
        for name, child in module.named_children():
            result.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return result


class _LazyNormBase(LazyModuleMixin):
    """A batch or instance normalisation whose `num_features` are the first input's channels."""

    def __init__(
        self,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        # Without a size there is nothing to make: all that follows is added afterwards.
        super().__init__(0, eps, momentum, False, False, device, dtype)
        self.affine = affine
        self.track_running_stats = track_running_stats
        factory: dict[str, Any] = {"device": device, "dtype": dtype}
        if affine:
            self.weight = UninitializedParameter(**factory)
            if bias:
                self.bias = UninitializedParameter(**factory)
        if track_running_stats:
            self.running_mean = UninitializedBuffer(**factory)
            self.running_var = UninitializedBuffer(**factory)
            self.num_batches_tracked = flambeau.tensor(0, dtype=flambeau.int64, device=device)

    def reset_parameters(self) -> None:
        """Weight one, bias zero and no statistics, once the size is known."""
        if not self.has_uninitialized_params() and self.num_features != 0:
            super().reset_parameters()  # type: ignore[misc]

    def initialize_parameters(self, input: Tensor) -> None:
        """Takes the number of channels from the first input."""
        waiting = self.has_uninitialized_params()
        self.num_features = input.shape[1]
        if waiting:
            for value in (self.weight, self.bias, self.running_mean, self.running_var):
                if value is not None:
                    value.materialize((self.num_features,))
            self.reset_parameters()


class LazyBatchNorm1d(_LazyNormBase, BatchNorm1d):
    """A BatchNorm1d whose `num_features` are the first input's channels."""

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyNormBase, BatchNorm2d):
    """A BatchNorm2d whose `num_features` are the first input's channels."""

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyNormBase, BatchNorm3d):
    """A BatchNorm3d whose `num_features` are the first input's channels."""

    cls_to_become = BatchNorm3d
