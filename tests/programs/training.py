"""A classifier trained for several epochs: shuffling, dropout, Adam, a scheduler."""

import argparse
import copy

import torch
from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=8)
parser.add_argument("--batch-size", type=int, default=32)
parser.add_argument("--lr", type=float, default=0.01)
args = parser.parse_args()

torch.manual_seed(42)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
print(device, args)


class Spirals(Dataset):
    """Points on three arms of a spiral, with noise."""

    def __init__(self, n, classes=3):
        t = torch.linspace(0, 1, n)
        points, labels = [], []
        for k in range(classes):
            angle = 4 * t + 2 * torch.pi * k / classes + 0.2 * torch.randn(n)
            points.append(torch.stack((t * angle.cos(), t * angle.sin()), dim=1))
            labels.append(torch.full((n,), k))
        self.points, self.labels = torch.cat(points), torch.cat(labels)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.points[i], self.labels[i]


class Net(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(2, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(p=0.2),
            nn.Linear(hidden, 3),
        )

    def forward(self, x):
        return self.layers(x)


data = Spirals(120)
train_set, val_set, test_set = random_split(data, [0.7, 0.2, 0.1])
train_loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True, drop_last=True)
val_loader = DataLoader(val_set, batch_size=args.batch_size)
print(len(train_set), len(val_set), len(test_set), len(train_loader))

model = Net().to(device)
print(model)
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
optimizer = optim.Adam(model.parameters(), lr=args.lr, weight_decay=1e-4)
scheduler = SequentialLR(
    optimizer,
    milestones=[2],
    schedulers=[
        LinearLR(optimizer, start_factor=0.25, total_iters=2),
        CosineAnnealingLR(optimizer, T_max=args.epochs - 2),
    ],
)


def evaluate(loader):
    model.eval()
    loss, right, seen = 0.0, 0, 0
    with torch.no_grad():
        for x, y in loader:
            x, y = x.to(device), y.to(device)
            out = model(x)
            loss += criterion(out, y).item() * len(y)
            right += (out.argmax(dim=1) == y).sum().item()
            seen += len(y)
    return loss / seen, right / seen


best, best_state, history = float("inf"), None, []
for epoch in range(args.epochs):
    model.train()
    running = 0.0
    for x, y in train_loader:
        optimizer.zero_grad()
        loss = criterion(model(x.to(device)), y.to(device))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        running += loss.item()
    val_loss, accuracy = evaluate(val_loader)
    lr = scheduler.get_last_lr()[0]
    scheduler.step()
    history.append(val_loss)
    print(
        f"epoch {epoch + 1}: lr {lr:.5f} loss {running / len(train_loader):.4f} "
        f"val loss {val_loss:.4f} accuracy {accuracy:.4f}"
    )
    if val_loss < best:
        best, best_state = val_loss, copy.deepcopy(model.state_dict())

model.load_state_dict(best_state)
test_loss, accuracy = evaluate(DataLoader(test_set, batch_size=64))
print(f"best val loss {best:.4f}, test loss {test_loss:.4f}, accuracy {accuracy:.4f}")
print(torch.tensor(history))
print({k: tuple(v.shape) for k, v in best_state.items()})
print(optimizer)

# The same by plateau, with several workers' worth of seeds drawn in between.
pairs = TensorDataset(data.points, data.labels)
loader = DataLoader(pairs, batch_size=60, shuffle=True, generator=torch.Generator().manual_seed(3))
model = Net(16)
optimizer = optim.SGD(model.parameters(), lr=0.5, momentum=0.9, nesterov=True)
scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, factor=0.3)
for epoch in range(4):
    total = 0.0
    for x, y in loader:
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    scheduler.step(total)
    print(f"epoch {epoch}: {total / len(loader):.4f} {scheduler.get_last_lr()}")
