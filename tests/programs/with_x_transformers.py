"""x_transformers: a language model with rotary positions, trained for some steps."""

import torch
from x_transformers import AutoregressiveWrapper, Decoder, TransformerWrapper

torch.manual_seed(0)
layers = Decoder(dim=32, depth=2, heads=4, rotary_pos_emb=True)
model = AutoregressiveWrapper(TransformerWrapper(num_tokens=50, max_seq_len=16, attn_layers=layers))
tokens = torch.randint(0, 50, (2, 16))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(5):
    loss = model(tokens)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"loss {loss.item():.4f}")
model.eval()
print(model.generate(tokens[:, :3], 5).shape, sum(p.numel() for p in model.parameters()))
