"""Pictures of shapes sorted by a convolutional network: workers, hooks, checkpoints, evaluation."""

import io
import random
from collections import OrderedDict, defaultdict

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.utils.checkpoint
from torch.utils.data import DataLoader, Dataset, Subset, WeightedRandomSampler


def seed_everything(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    torch.cuda.manual_seed_all(seed)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    torch.use_deterministic_algorithms(True)


class Shapes(Dataset):
    """12x12 pictures of filled squares, hollow squares and crosses, with noise."""

    names = ("full", "hollow", "cross")

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        self.targets = rng.integers(0, 3, n).tolist()
        self.images = rng.normal(0, 0.3, (n, 12, 12)).astype(np.float32)
        for image, kind in zip(self.images, self.targets):
            r, c, s = rng.integers(1, 5), rng.integers(1, 5), rng.integers(4, 7)
            if kind < 2:
                image[r : r + s, c : c + s] += 1
            if kind == 1:
                image[r + 1 : r + s - 1, c + 1 : c + s - 1] -= 1
            if kind == 2:
                image[r + s // 2, c : c + s] += 1
                image[r : r + s, c + s // 2] += 1

    def __len__(self):
        return len(self.targets)

    def __getitem__(self, index):
        image = torch.from_numpy(self.images[index]).unsqueeze(0)
        kind = self.targets[index]
        return {"image": image, "target": kind, "name": self.names[kind]}


class ConvBlock(nn.Sequential):
    def __init__(self, inputs, outputs, **kwargs):
        super().__init__(
            OrderedDict(
                [
                    ("conv", nn.Conv2d(inputs, outputs, 3, padding=1, bias=False, **kwargs)),
                    ("norm", nn.BatchNorm2d(outputs)),
                    ("act", nn.LeakyReLU(0.1)),
                ]
            )
        )


class Net(nn.Module):
    def __init__(self, checkpoint=False):
        super().__init__()
        self.checkpoint = checkpoint
        self.block1 = ConvBlock(1, 8)
        self.block2 = ConvBlock(8, 16, stride=2)
        self.residual = nn.Conv2d(8, 16, 1, stride=2)
        self.drop = nn.Dropout2d(0.1)
        self.pool = nn.AdaptiveAvgPool2d(3)
        self.head = nn.Linear(16 * 9, 3)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, nonlinearity="leaky_relu")

    def forward(self, x):
        x = F.max_pool2d(self.block1(x), 2, stride=1)
        if self.checkpoint and self.training:
            y = torch.utils.checkpoint.checkpoint(self.block2, x, use_reentrant=False)
        else:
            y = self.block2(x)
        x = self.drop(y + self.residual(x))
        return self.head(torch.flatten(self.pool(x), 1))


def main():
    seed_everything(0)
    data = Shapes(240, seed=1)
    train, test = Subset(data, range(180)), Subset(data, range(180, 240))
    counts = np.bincount([data.targets[i] for i in train.indices])
    weights = [1.0 / counts[data.targets[i]] for i in train.indices]
    sampler = WeightedRandomSampler(weights, num_samples=180)
    loader = DataLoader(train, batch_size=30, sampler=sampler, num_workers=2)
    test_loader = DataLoader(test, batch_size=60)
    print(counts, next(iter(test_loader))["name"][:4])

    net = Net(checkpoint=True)
    print(sum(p.numel() for p in net.parameters() if p.requires_grad))
    seen = defaultdict(list)

    def watch(name):
        def hook(module, inputs, output):
            seen[name].append((tuple(output.shape), output.detach().abs().mean().item()))

        return hook

    parts = (net.block1, net.residual, net.drop, net.head)
    handles = [m.register_forward_hook(watch(m._get_name())) for m in parts]
    groups = [
        {"params": [p for n, p in net.named_parameters() if p.ndim > 1], "weight_decay": 1e-3},
        {"params": [p for n, p in net.named_parameters() if p.ndim == 1]},
    ]
    optimizer = torch.optim.RMSprop(groups, lr=2e-3, momentum=0.9, alpha=0.95)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=5e-3, epochs=4, steps_per_epoch=len(loader)
    )
    for epoch in range(4):
        net.train()
        losses, correct = [], 0
        for batch in loader:
            optimizer.zero_grad()
            logits = net(batch["image"])
            loss = F.cross_entropy(logits, batch["target"])
            loss.backward()
            optimizer.step()
            scheduler.step()
            losses.append(loss.item())
            correct += logits.argmax(1).eq(batch["target"]).sum().item()
        lr = optimizer.param_groups[0]["lr"]
        print(f"epoch {epoch}: {np.mean(losses):.4f} {correct / 180:.2%} lr {lr:.6f}")
    for h in handles:
        h.remove()
    for name, values in seen.items():
        shape, size = values[-1]
        print(f"{name:10} {shape} {size:.3f} x{len(values)}")

    net.eval()
    confusion = torch.zeros(3, 3, dtype=torch.int64)
    with torch.inference_mode():
        for batch in test_loader:
            predicted = net(batch["image"]).softmax(dim=-1).max(dim=-1).indices
            for t, p in zip(batch["target"].view(-1), predicted.view(-1)):
                confusion[t.long(), p.long()] += 1
    print(confusion, confusion.diag().sum() / confusion.sum())

    buffer = io.BytesIO()
    torch.save({"net": net.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 4}, buffer)
    buffer.seek(0)
    state = torch.load(buffer, weights_only=True)
    again = Net()
    again.load_state_dict(state["net"])
    again.eval()
    x = torch.stack([data[i]["image"] for i in range(4)])
    print(torch.equal(net(x), again(x)), state["epoch"], list(state["net"])[:6])
    print(state["net"]["block1.norm.running_mean"])
    x.requires_grad_()
    again(x)[:, 0].sum().backward()
    print(x.grad.abs().sum(dim=(1, 2, 3)))
    try:
        again.load_state_dict({"head.weight": torch.zeros(3, 5), "tail": 1}, strict=False)
    except RuntimeError as error:
        print(error)
    print(torch.allclose(torch.jit.trace(again, x)(x), again(x)))


if __name__ == "__main__":
    main()
