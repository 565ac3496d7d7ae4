"""The Timer of the Large-Time-Series-Model repository, as plain PyTorch, for the peers to differentiate.

Attention is explicit because fused kernels have no second derivative. Names equal those of the checkpoint.
"""
import json
import math
import pathlib

import torch
from safetensors.torch import load_file
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.query_projection = nn.Linear(width, width)
        self.key_projection = nn.Linear(width, width)
        self.value_projection = nn.Linear(width, width)
        self.out_projection = nn.Linear(width, width)


class Block(nn.Module):
    def __init__(self, width, hidden, heads):
        super().__init__()
        self.heads = heads
        self.attention = Attention(width)
        self.conv1 = nn.Conv1d(width, hidden, 1)
        self.conv2 = nn.Conv1d(hidden, width, 1)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, h):
        b, n, d = h.shape
        split = lambda x: x.view(b, n, self.heads, d // self.heads).transpose(1, 2)
        a = self.attention
        q, k, v = split(a.query_projection(h)), split(a.key_projection(h)), split(a.value_projection(h))
        scores = q @ k.transpose(-1, -2) / math.sqrt(d // self.heads)
        scores = scores.masked_fill(torch.ones(n, n, dtype=torch.bool).triu(1), -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, n, d)
        h = self.norm1(h + a.out_projection(mixed))
        # A 1-wide convolution is a linear layer, and faster as one.
        y = F.gelu(F.linear(h, self.conv1.weight.squeeze(-1), self.conv1.bias))
        return self.norm2(h + F.linear(y, self.conv2.weight.squeeze(-1), self.conv2.bias))


class Timer(nn.Module):
    """[B, L] to [B, L]: every output is the point one patch later."""

    def __init__(self, patch_len, d_model, d_ff, e_layers, n_heads, **_):
        super().__init__()
        self.patch = patch_len
        self.patch_embedding = nn.Module()
        self.patch_embedding.value_embedding = nn.Linear(patch_len, d_model, bias=False)
        self.decoder = nn.Module()
        self.decoder.attn_layers = nn.ModuleList(Block(d_model, d_ff, n_heads) for _ in range(e_layers))
        self.decoder.norm = nn.LayerNorm(d_model)
        self.proj = nn.Linear(d_model, patch_len)
        position = torch.arange(5000).float().unsqueeze(1)
        rate = (torch.arange(0, d_model, 2).float() * -(math.log(10000.0) / d_model)).exp()
        table = torch.zeros(5000, d_model)
        table[:, 0::2] = torch.sin(position * rate)
        table[:, 1::2] = torch.cos(position * rate)
        self.table = table

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        deviation = (x.var(1, keepdim=True, unbiased=False) + 1e-5).sqrt()
        tokens = x.shape[1] // self.patch
        h = self.patch_embedding.value_embedding(((x - mean) / deviation).view(-1, tokens, self.patch))
        h = h + self.table[:tokens].to(h.dtype)
        for block in self.decoder.attn_layers:
            h = block(h)
        return self.proj(self.decoder.norm(h)).reshape(x.shape) * deviation + mean


def load(folder, dtype=torch.float32):
    """The model, inputs [n, L] and targets [n, L] of the benchmark."""
    folder = pathlib.Path(folder)
    model = Timer(**json.loads((folder / "config.json").read_text()))
    weights = {k: v for k, v in load_file(folder / "model.safetensors").items() if not k.endswith(".pe")}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    assert not missing and not unexpected, (missing, unexpected)
    windows = load_file(folder / "windows.safetensors")["windows"].to(dtype)
    length = windows.shape[1] - model.patch
    model = model.to(dtype).eval()
    return model, windows[:, :length], windows[:, model.patch:length + model.patch]
