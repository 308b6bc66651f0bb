"""Networks and boxes as torchvision has them: names, sizes, initial values, results."""

from __future__ import annotations

import pytest

import flambeau
from flambeau import nn
from flambeau.vision import models, ops

# torchvision's: entries of the state dict, parameters, sum of all absolute values at seed 0, for
# 7 classes.
SIZES = {
    "resnet18": (122, 11180103, 229438.663350),
    "resnet50": (320, 23522375, 768533.511140),
    "resnext50_32x4d": (320, 22994247, 836238.271145),
}  # fmt: skip


@pytest.mark.parametrize("name", SIZES)
def test_sizes_and_initial_values(name):
    flambeau.manual_seed(0)
    net = getattr(models, name)(num_classes=7)
    state = net.state_dict()
    total = sum(float(v.double().abs().sum()) for v in state.values())
    assert (len(state), sum(p.numel() for p in net.parameters())) == SIZES[name][:2]
    assert total == pytest.approx(SIZES[name][2], rel=1e-9)


def test_resnet_result():
    flambeau.manual_seed(0)
    net = models.resnet18(num_classes=7).eval()
    with flambeau.no_grad():
        out = net(flambeau.ones(1, 3, 64, 64))
    expected = [-0.0190, 0.2007, 0.0372, 0.0105, 0.0329, 0.0700, -0.3663]
    assert out[0].tolist() == pytest.approx(expected, abs=2e-4)


def test_a_small_resnet_learns():
    flambeau.manual_seed(0)
    net = models.ResNet(models.resnet.BasicBlock, [1, 1, 1, 1], num_classes=2)
    x, y = flambeau.randn(4, 3, 32, 32), flambeau.tensor([0, 1, 0, 1])
    optimizer = flambeau.optim.SGD(net.parameters(), lr=0.05)
    losses = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_options():
    net = models.resnet18(zero_init_residual=True)
    assert not net.layer1[0].bn2.weight.any() and net.layer1[0].bn1.weight.all()
    net = models.resnet50(replace_stride_with_dilation=[False, True, True])
    conv = net.layer4[1].conv2
    assert (conv.padding, conv.dilation, conv.stride) == ((4, 4), (4, 4), (1, 1))
    with pytest.raises(ValueError, match="should be None or a 3-element tuple"):
        models.resnet18(replace_stride_with_dilation=[True])
    with pytest.raises(ValueError, match="only supports groups=1"):
        models.resnet18(groups=2)
    net = models.resnet18(norm_layer=lambda n: nn.GroupNorm(4, n))
    assert isinstance(net.bn1, nn.GroupNorm)


def test_vgg_layers():
    features = models.vgg.make_layers((8, 0, 16, 16, 0), batch_norm=True)
    kinds = [type(m).__name__ for m in features]
    block = ["Conv2d", "BatchNorm2d", "ReLU"]
    assert kinds == [*block, "MaxPool2d", *block, *block, "MaxPool2d"]
    assert features[4].in_channels == 8 and features(flambeau.ones(1, 3, 8, 8)).shape[1:] == (
        16, 2, 2,
    )  # fmt: skip


def test_names():
    assert "resnet50" in models.list_models() and "vgg16_bn" in models.list_models(models.vgg)
    assert models.list_models(include="wide*", exclude=["*101*"]) == ["wide_resnet50_2"]
    assert models.get_model_builder("ResNet18") is models.resnet18
    assert isinstance(models.get_model("resnet18", num_classes=2), models.ResNet)
    with pytest.raises(ValueError, match="Unknown model nothing"):
        models.get_model("nothing")


def test_trained_weights_are_refused():
    weights = models.ResNet18_Weights.DEFAULT
    assert weights is models.ResNet18_Weights.IMAGENET1K_V1
    for options in ({"weights": weights}, {"weights": "DEFAULT"}, {"pretrained": True}):
        with pytest.raises(RuntimeError, match="no trained weights"):
            models.resnet18(**options)


A = flambeau.tensor([[0.0, 0, 2, 2], [1, 1, 3, 3]])
B = flambeau.tensor([[1.0, 1, 2, 2], [5, 5, 6, 6]])


def close(t, values):
    assert t.flatten().tolist() == pytest.approx(values, abs=1e-4)


def test_overlaps():
    close(ops.box_area(A), [4, 4])
    close(ops.box_iou(A, B), [0.25, 0, 0.25, 0])
    close(ops.box_iou(A.int(), B.int()), [0.25, 0, 0.25, 0])
    close(ops.generalized_box_iou(A, B), [0.25, -0.8611, 0.25, -0.8])
    close(ops.distance_box_iou(A, B), [0.1875, -0.5625, 0.1875, -0.49])
    close(ops.complete_box_iou(A, B), [0.1875, -0.5625, 0.1875, -0.49])


def test_forms():
    close(ops.box_convert(A, "xyxy", "xywh"), [0, 0, 2, 2, 1, 1, 2, 2])
    close(ops.box_convert(A, "xyxy", "cxcywh"), [1, 1, 2, 2, 2, 2, 2, 2])
    for form in ("xywh", "cxcywh"):
        close(ops.box_convert(ops.box_convert(A, "xyxy", form), form, "xyxy"), A.flatten().tolist())
    with pytest.raises(ValueError, match="Unsupported Bounding Box Conversions"):
        ops.box_convert(A, "a", "b")


def test_choice_of_boxes():
    scores = flambeau.tensor([0.5, 0.9])
    assert ops.nms(A, scores, 0.1).tolist() == [1]
    assert ops.nms(A, scores, 0.5).tolist() == [1, 0]
    assert ops.batched_nms(A, scores, flambeau.tensor([0, 1]), 0.1).tolist() == [1, 0]
    assert ops.remove_small_boxes(B, 1.5).tolist() == []
    close(ops.clip_boxes_to_image(A, (2, 2)), [0, 0, 2, 2, 1, 1, 2, 2])
