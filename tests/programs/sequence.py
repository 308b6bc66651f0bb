"""Sequences: counting brackets with an LSTM, echoing with attention, a variational autoencoder."""

import math

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

torch.manual_seed(5)
torch.set_printoptions(precision=3, sci_mode=False)


def make_example() -> tuple[Tensor, Tensor]:
    """A row of brackets, and how many are open after each."""
    n = int(torch.randint(4, 12, (1,)))
    steps = torch.randint(0, 2, (n,))
    depth = (2 * steps - 1).cumsum(0).clamp(-3, 3) + 3
    return steps, depth


def collate(batch: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    batch = sorted(batch, key=lambda example: -len(example[0]))
    lengths = torch.tensor([len(x) for x, _ in batch])
    xs = pad_sequence([x for x, _ in batch], batch_first=True)
    ys = pad_sequence([y for _, y in batch], batch_first=True, padding_value=-100)
    return xs, ys, lengths


class Counter(nn.Module):
    def __init__(self, hidden: int = 16) -> None:
        super().__init__()
        self.embed = nn.Embedding(2, 4)
        self.lstm = nn.LSTM(4, hidden, num_layers=2, batch_first=True, dropout=0.1)
        self.out = nn.Linear(hidden, 7)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        packed = pack_padded_sequence(self.embed(x), lengths, batch_first=True)
        states, (h, c) = self.lstm(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)
        return self.out(states)


data = [make_example() for _ in range(96)]
loader = DataLoader(data, batch_size=24, shuffle=True, collate_fn=collate)
model = Counter()
optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.7)
for epoch in range(5):
    total = 0.0
    for x, y, lengths in loader:
        optimizer.zero_grad(set_to_none=True)
        logits = model(x, lengths)
        loss = nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=-100)
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.5)
        optimizer.step()
        total += loss.item()
    scheduler.step()
    print(f"epoch {epoch} loss {total / len(loader):.4f} lr {scheduler.get_last_lr()}")

gru = nn.GRU(3, 5, bidirectional=True)
out, h = gru(torch.randn(4, 2, 3))
print(out.shape, h.shape, out.mean())


class PositionalEncoding(nn.Module):
    def __init__(self, d_model: int, max_len: int = 50):
        super().__init__()
        position = torch.arange(max_len).unsqueeze(1)
        div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
        pe = torch.zeros(max_len, 1, d_model)
        pe[:, 0, 0::2] = torch.sin(position * div_term)
        pe[:, 0, 1::2] = torch.cos(position * div_term)
        self.register_buffer("pe", pe)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.pe[: x.size(0)]


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(10, 16), nn.Tanh())
        self.mu, self.logvar = nn.Linear(16, 2), nn.Linear(16, 2)
        self.decoder = nn.Sequential(nn.Linear(2, 16), nn.ELU(), nn.Linear(16, 10), nn.Sigmoid())

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(x)
        mu, logvar = self.mu(h), self.logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        return self.decoder(z), mu, logvar


x = torch.bernoulli(torch.rand(64, 10))
vae = VAE()
optimizer = torch.optim.Adam(vae.parameters(), lr=0.02, betas=(0.9, 0.98), eps=1e-9)
for step in range(20):
    recon, mu, logvar = vae(x)
    bce = nn.functional.binary_cross_entropy(recon, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    loss = (bce + kld) / len(x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if step % 5 == 4:
        print(f"step {step}: {loss.item():.4f} bce {bce.item():.2f} kld {kld.item():.4f}")

encoded = PositionalEncoding(8)(torch.zeros(3, 1, 8))
print(encoded.squeeze(1))
layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, dropout=0.0)
encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
mask = nn.Transformer.generate_square_subsequent_mask(3)
result = encoder(encoded, mask=mask)
print(result.shape, result[:, 0, 0], result.std())
attention = nn.MultiheadAttention(8, 2, batch_first=True)
y, w = attention(encoded, encoded, encoded)
print(y[0], w.sum(-1))
