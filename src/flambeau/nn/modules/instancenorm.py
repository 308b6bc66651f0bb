"""Instance normalisation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .. import functional as F
from .batchnorm import _LazyNormBase, _NormBase

if TYPE_CHECKING:
    from ...tensor.tensor import Tensor


class _InstanceNorm(_NormBase):
    r"""y = (x - mean) / sqrt(var + eps) * weight + bias, each channel of each sample by itself.

    Args:
        num_features: channels C
        eps: keeps the denominator away from zero
        momentum: the weight of the newest batch in the running statistics
        affine: whether weight and bias are learnt (not by default)
        track_running_stats: whether evaluation uses running statistics (not by default)
        bias: with `affine`, whether a bias is learnt

    The batch dimension may be missing.
    """

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        self._check_input_dim(input)
        unbatched = input.dim() == self._dimensions[0]
        channel = 0 if unbatched else 1
        if input.size(channel) != self.num_features:
            self._complain(input.size(channel), channel)
        if unbatched:
            return self._normalize(input.unsqueeze(0)).squeeze(0)
        return self._normalize(input)

    def _complain(self, size: int, channel: int) -> None:
        if self.affine:
            raise ValueError(
                f"expected input's size at dim={channel} to match num_features "
                f"({self.num_features}), but got: {size}."
            )
        warnings.warn(
            f"input's size at dim={channel} does not match num_features. You can silence this "
            "warning by not passing in num_features, which is not used because affine=False",
            stacklevel=3,
        )

    def _normalize(self, input: Tensor) -> Tensor:
        return F.instance_norm(
            input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        # Version 1 always kept running statistics.
        if local_metadata.get("version") is None and not self.track_running_stats:
            stale = [
                key
                for key in (prefix + "running_mean", prefix + "running_var")
                if key in state_dict
            ]
            if stale:
                name = type(self).__name__
                names = " and ".join(f'"{key}"' for key in stale)
                error_msgs.append(
                    f"Unexpected running stats buffer(s) {names} for {name} with "
                    "track_running_stats=False. If state_dict is a checkpoint saved before 0.4.0, "
                    f"this may be expected because {name} does not track running stats by default "
                    "since 0.4.0. Please remove these keys from state_dict. If the running stats "
                    f"are actually needed, instead set track_running_stats=True in {name} to "
                    f"enable them. See the documentation of {name} for details."
                )
                for key in stale:
                    state_dict.pop(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L). Arguments as in `_InstanceNorm`."""

    _dimensions = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W). Arguments as in `_InstanceNorm`."""

    _dimensions = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of (N, C, D, H, W) or (C, D, H, W). As in `_InstanceNorm`."""

    _dimensions = (4, 5)


class LazyInstanceNorm1d(_LazyNormBase, InstanceNorm1d):
    """An InstanceNorm1d whose `num_features` are the first input's channels."""

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(_LazyNormBase, InstanceNorm2d):
    """An InstanceNorm2d whose `num_features` are the first input's channels."""

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(_LazyNormBase, InstanceNorm3d):
    """An InstanceNorm3d whose `num_features` are the first input's channels."""

    cls_to_become = InstanceNorm3d
