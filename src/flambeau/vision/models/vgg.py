"""The networks of Simonyan and Zisserman, Very Deep Convolutional Networks, 2014."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import nn
from flambeau.tensor.tensor import Tensor

from .weights import refuse_weights, weights_enum


class VGG(nn.Module):
    """3x3 convolutions, then three linear layers, for pictures (N, 3, H, W).

    Args:
        features: the convolutional part, with 512 channels at its end.
        num_classes: how many classes the result tells apart.
        init_weights: whether to draw initial values as in the article's later practice.
        dropout: of the linear layers.
    """

    def __init__(
        self,
        features: nn.Module,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ):
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            for m in self.modules():
                _initialise(m)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def _initialise(m: nn.Module) -> None:
    if isinstance(m, nn.Conv2d):
        nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
        if m.bias is not None:
            nn.init.constant_(m.bias, 0)
    elif isinstance(m, nn.BatchNorm2d):
        nn.init.constant_(m.weight, 1)  # type: ignore[arg-type]
        nn.init.constant_(m.bias, 0)  # type: ignore[arg-type]
    elif isinstance(m, nn.Linear):
        nn.init.normal_(m.weight, 0, 0.01)
        nn.init.constant_(m.bias, 0)  # type: ignore[arg-type]


def make_layers(channels: tuple[int, ...], batch_norm: bool = False) -> nn.Sequential:
    """Convolutions to so many channels, one after the other; a 0 stands for a pooling."""
    layers: list[nn.Module] = []
    before = 3
    for n in channels:
        if n == 0:
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers.append(nn.Conv2d(before, n, 3, padding=1))
        layers += [nn.BatchNorm2d(n)] if batch_norm else []
        layers.append(nn.ReLU(inplace=True))
        before = n
    return nn.Sequential(*layers)


_CHANNELS = {
    11: (64, 0, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0),
    13: (64, 64, 0, 128, 128, 0, 256, 256, 0, 512, 512, 0, 512, 512, 0),
    16: (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0),
    19: (
        64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512, 512, 512, 512, 0,
    ),
}  # fmt: skip


def _builder(name: str, channels: tuple[int, ...], batch_norm: bool) -> Callable:
    def build(
        *, weights: Any = None, progress: bool = True, pretrained: bool = False, **kwargs: Any
    ) -> VGG:
        refuse_weights(weights, pretrained)
        return VGG(make_layers(channels, batch_norm), **kwargs)

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"The network {name}{', with batch normalisation' if batch_norm else ''}."
    return build


__all__ = ["VGG"]
for _depth, _channels in _CHANNELS.items():
    for _end, _norm in (("", False), ("_bn", True)):
        _name = f"vgg{_depth}{_end}"
        _weights = f"VGG{_depth}{_end.upper()}_Weights"
        globals()[_name] = _builder(_name, _channels, _norm)
        globals()[_weights] = weights_enum(_weights.removesuffix("_Weights"), "IMAGENET1K_V1")
        __all__ += [_name, _weights]  # noqa: PLE0604
