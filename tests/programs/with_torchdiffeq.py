"""torchdiffeq: a differential equation whose right side is a network, and gradients through it."""

import torch
from torchdiffeq import odeint, odeint_adjoint

torch.manual_seed(0)


class Cubic(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = torch.nn.Sequential(
            torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2)
        )

    def forward(self, t, y):
        return self.net(y**3)


right, start, times = Cubic(), torch.tensor([[2.0, 0.0]]), torch.linspace(0, 2, 10)
print(odeint(right, start, times, method="dopri5")[-1].detach())
print(odeint(right, start, times, method="rk4")[-1].detach())
odeint_adjoint(right, start, times).abs().mean().backward()
print(right.net[0].weight.grad[:3])
