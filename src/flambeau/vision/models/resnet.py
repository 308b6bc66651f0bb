"""Residual networks: He et al., Deep Residual Learning for Image Recognition, 2015, and kin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from flambeau import nn
from flambeau.tensor.tensor import Tensor

from .weights import refuse_weights, weights_enum

Block = type["BasicBlock"] | type["Bottleneck"]


def conv3x3(
    in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Conv2d:
    """A 3x3 convolution that keeps the picture's size at stride 1."""
    return nn.Conv2d(
        in_planes, out_planes, 3, stride, padding=dilation, groups=groups, bias=False,
        dilation=dilation,
    )  # fmt: skip


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution."""
    return nn.Conv2d(in_planes, out_planes, 1, stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the way around them."""

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        around = x if self.downsample is None else self.downsample(x)
        return self.relu(out + around)


class Bottleneck(nn.Module):
    """A 3x3 convolution between two 1x1 convolutions, and the way around them."""

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ):
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm_layer(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm_layer(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        around = x if self.downsample is None else self.downsample(x)
        return self.relu(out + around)


class ResNet(nn.Module):
    """A residual network for pictures (N, 3, H, W).

    Args:
        block: BasicBlock or Bottleneck.
        layers: how many blocks each of the four stages has.
        num_classes: how many classes the result tells apart.
        zero_init_residual: whether each block begins as the identity.
        groups, width_per_group: of the 3x3 convolutions in Bottlenecks.
        replace_stride_with_dilation: for the last three stages, whether they keep the size.
        norm_layer: BatchNorm2d unless said otherwise.
    """

    def __init__(
        self,
        block: Block,
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ):
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes = 64
        self.dilation = 1
        keep = (False, False, False)
        if replace_stride_with_dilation is not None:
            keep = tuple(replace_stride_with_dilation)  # type: ignore[assignment]
        if len(keep) != 3:
            raise ValueError(
                "replace_stride_with_dilation should be None or a 3-element tuple, got "
                f"{replace_stride_with_dilation}"
            )
        self.groups = groups
        self.base_width = width_per_group
        self.conv1 = nn.Conv2d(3, self.inplanes, 7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, keep[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, keep[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, keep[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._initialise(zero_init_residual)

    def _initialise(self, zero_init_residual: bool) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, (nn.BatchNorm2d, nn.GroupNorm)):
                nn.init.constant_(m.weight, 1)  # type: ignore[arg-type]
                nn.init.constant_(m.bias, 0)  # type: ignore[arg-type]
        if not zero_init_residual:
            return
        for m in self.modules():
            last = m.bn3 if isinstance(m, Bottleneck) else getattr(m, "bn2", None)
            if isinstance(m, (Bottleneck, BasicBlock)) and last.weight is not None:  # type: ignore[union-attr]
                nn.init.constant_(last.weight, 0)  # type: ignore[union-attr]

    def _make_layer(
        self, block: Block, planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> nn.Sequential:
        """One stage of blocks."""
        norm_layer, before = self._norm_layer, self.dilation
        if dilate:
            self.dilation *= stride
            stride = 1
        downsample = None
        if stride != 1 or self.inplanes != planes * block.expansion:
            downsample = nn.Sequential(
                conv1x1(self.inplanes, planes * block.expansion, stride),
                norm_layer(planes * block.expansion),
            )
        make = partial(block, groups=self.groups, base_width=self.base_width, norm_layer=norm_layer)
        steps = [make(self.inplanes, planes, stride, downsample, dilation=before)]
        self.inplanes = planes * block.expansion
        steps += [make(self.inplanes, planes, dilation=self.dilation) for _ in range(1, blocks)]
        return nn.Sequential(*steps)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


# Name, name of the weights, block, blocks per stage, further settings.
_KINDS: tuple[tuple[str, str, Block, tuple[int, ...], dict[str, int]], ...] = (
    ("resnet18", "ResNet18", BasicBlock, (2, 2, 2, 2), {}),
    ("resnet34", "ResNet34", BasicBlock, (3, 4, 6, 3), {}),
    ("resnet50", "ResNet50", Bottleneck, (3, 4, 6, 3), {}),
    ("resnet101", "ResNet101", Bottleneck, (3, 4, 23, 3), {}),
    ("resnet152", "ResNet152", Bottleneck, (3, 8, 36, 3), {}),
    ("resnext50_32x4d", "ResNeXt50_32X4D", Bottleneck, (3, 4, 6, 3),
     {"groups": 32, "width_per_group": 4}),
    ("resnext101_32x8d", "ResNeXt101_32X8D", Bottleneck, (3, 4, 23, 3),
     {"groups": 32, "width_per_group": 8}),
    ("resnext101_64x4d", "ResNeXt101_64X4D", Bottleneck, (3, 4, 23, 3),
     {"groups": 64, "width_per_group": 4}),
    ("wide_resnet50_2", "Wide_ResNet50_2", Bottleneck, (3, 4, 6, 3), {"width_per_group": 128}),
    ("wide_resnet101_2", "Wide_ResNet101_2", Bottleneck, (3, 4, 23, 3), {"width_per_group": 128}),
)  # fmt: skip
_ONE_VERSION = ("resnet18", "resnet34", "resnext101_64x4d")


def _builder(name: str, block: Block, layers: tuple, settings: dict[str, int]) -> Callable:
    def build(
        *, weights: Any = None, progress: bool = True, pretrained: bool = False, **kwargs: Any
    ) -> ResNet:
        refuse_weights(weights, pretrained)
        return ResNet(block, layers, **{**settings, **kwargs})

    build.__name__ = build.__qualname__ = name
    build.__doc__ = f"The network {name}: stages of {', '.join(map(str, layers))} blocks."
    return build


__all__ = ["BasicBlock", "Bottleneck", "ResNet"]
for _name, _weights, _block, _layers, _settings in _KINDS:
    globals()[_name] = _builder(_name, _block, _layers, _settings)
    _versions = ("IMAGENET1K_V1",) if _name in _ONE_VERSION else ("IMAGENET1K_V1", "IMAGENET1K_V2")
    globals()[f"{_weights}_Weights"] = weights_enum(_weights, *_versions)
    __all__ += [_name, f"{_weights}_Weights"]  # noqa: PLE0604
