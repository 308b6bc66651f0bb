"""einops on tensors: rearranging, reducing, layers, gradients."""

import torch
from einops import einsum, pack, rearrange, reduce, repeat, unpack
from einops.layers.torch import EinMix, Rearrange, Reduce
from torch import nn

torch.manual_seed(0)
x = torch.arange(24.0).reshape(2, 3, 4)
print(rearrange(x, "b c d -> b (c d)").shape, rearrange(x, "b c (d e) -> (b e) c d", e=2)[1])
print(reduce(x, "b c d -> b d", "mean"), reduce(x, "b c (d e) -> b c d", "max", e=2)[0])
print(repeat(x, "b c d -> b c d e", e=2).shape, rearrange([x, x], "n b c d -> b (n c) d").shape)
print(einsum(x, x, "b c d, b e d -> b c e")[0])
packed, shapes = pack([x, x[0]], "* c d")
print(packed.shape, [p.shape for p in unpack(packed, shapes, "* c d")])

net = nn.Sequential(
    Rearrange("b c d -> b (c d)"),
    nn.Linear(12, 4),
    nn.ReLU(),
    Reduce("b (c d) -> b c", "mean", d=2),
)
print(net)
net(x).sum().backward()
print(net[1].weight.grad)
mix = EinMix("b c d -> b c e", weight_shape="d e", bias_shape="e", d=4, e=5)
print(mix, mix(x).shape, mix(x)[0, 0])


class Patches(nn.Module):
    """Pictures to patches to tokens with a class token, as vision transformers begin."""

    def __init__(self, dim=8, patch=2):
        super().__init__()
        self.embed = nn.Sequential(
            Rearrange("b c (h p1) (w p2) -> b (h w) (p1 p2 c)", p1=patch, p2=patch),
            nn.LayerNorm(3 * patch**2),
            nn.Linear(3 * patch**2, dim),
        )
        self.token = nn.Parameter(torch.randn(1, 1, dim))

    def forward(self, images):
        tokens = self.embed(images)
        return torch.cat((repeat(self.token, "1 1 d -> b 1 d", b=len(images)), tokens), dim=1)


print(Patches()(torch.randn(2, 3, 4, 6))[0])
try:
    rearrange(x, "b c -> c b")
except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0])
