"""The models for PyTorch, as they are usually written: modules of torch.nn.

Every model names its parameters with ``slots()``: (parameter, whether it is stored transposed), in the order of the
work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from benchmarks import data
from benchmarks.works import Work

Slots = Iterator[tuple[Any, bool]]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": torch.relu,
    "identity": lambda t: t,
}
LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "binary_cross_entropy": functional.binary_cross_entropy_with_logits,
    "mse": functional.mse_loss,
    "cross_entropy": functional.cross_entropy,
}


def of_layer(layer: Any) -> Slots:
    """The parameters of a linear layer or a convolution."""
    yield layer.weight, isinstance(layer, nn.Linear)
    yield layer.bias, False


class Dense(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        c = work.cfg
        pairs = zip(c["sizes"][:-1], c["sizes"][1:], strict=True)
        self.layers = nn.ModuleList(nn.Linear(i, o) for i, o in pairs)
        self.hidden = ACTIVATIONS[c["hidden"]]
        # The binary cross-entropy is computed from the logits; the sigmoid is part of it.
        self.out = ACTIVATIONS[c["out"] if c["loss"] == "mse" else "identity"]

    def forward(self, x: Any) -> Any:
        for layer in self.layers[:-1]:
            x = self.hidden(layer(x))
        return self.out(self.layers[-1](x))

    def slots(self) -> Slots:
        for layer in self.layers:
            yield from of_layer(layer)


class Conv(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        made: list[Any] = []
        for kind, *shape in work.cfg["layers"]:
            if kind == "conv":
                made.append(nn.Conv2d(shape[0], shape[1], shape[2], padding=shape[3]))
            elif kind == "relu":
                made.append(nn.ReLU())
            elif kind == "pool":
                made.append(nn.MaxPool2d(2))
            else:
                made += [] if any(isinstance(m, nn.Flatten) for m in made) else [nn.Flatten()]
                made.append(nn.Linear(shape[0], shape[1]))
        self.stack = nn.Sequential(*made)

    def forward(self, x: Any) -> Any:
        return self.stack(x)

    def slots(self) -> Slots:
        for layer in self.stack:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                yield from of_layer(layer)


class Lstm(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        c = work.cfg
        self.emb = nn.Embedding(c["vocab"], c["emb"])
        self.rnn = nn.LSTM(c["emb"], c["hidden"], batch_first=True)
        self.out = nn.Linear(c["hidden"], c["vocab"])
        # One bias, as in every other peer: the second is frozen at zero.
        with torch.no_grad():
            self.rnn.bias_hh_l0.zero_()
        self.rnn.bias_hh_l0.requires_grad_(False)

    def forward(self, x: Any) -> Any:
        h, _ = self.rnn(self.emb(x))
        return self.out(h).flatten(0, 1)

    def slots(self) -> Slots:
        yield self.emb.weight, False
        yield self.rnn.weight_ih_l0, True
        yield self.rnn.weight_hh_l0, True
        yield self.rnn.bias_ih_l0, False
        yield from of_layer(self.out)


class Attention(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        c = work.cfg
        d, m = c["d"], c["mlp"]
        self.heads = c["heads"]
        self.norm1 = nn.LayerNorm(d, eps=c["norm_eps"])
        self.qkv = nn.Linear(d, 3 * d, bias=False)
        self.projection = nn.Linear(d, d)
        self.norm2 = nn.LayerNorm(d, eps=c["norm_eps"])
        self.up = nn.Linear(d, m)
        self.down = nn.Linear(m, d)
        self.out = nn.Linear(d, c["classes"])

    def forward(self, x: Any) -> Any:
        b, t, d = x.shape
        qkv = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        a = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.projection(a.transpose(1, 2).reshape(b, t, d))
        x = x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))
        return self.out(x).flatten(0, 1)

    def slots(self) -> Slots:
        yield from of_layer(self.norm1)
        yield self.qkv.weight, True
        for layer in (self.projection, self.norm2, self.up, self.down, self.out):
            yield from of_layer(layer)


class Gru(nn.Module):
    def __init__(self, work: Work) -> None:
        super().__init__()
        c = work.cfg
        self.emb = nn.Embedding(c["vocab"], c["emb"])
        self.rnn = nn.GRU(c["emb"], c["hidden"], batch_first=True, bias=False)
        self.hidden = nn.Linear(c["hidden"], c["dense"])
        self.out = nn.Linear(c["dense"], c["tags"])

    def forward(self, x: Any) -> Any:
        h, _ = self.rnn(self.emb(x))
        return self.out(torch.tanh(self.hidden(h))).flatten(0, 1)

    def slots(self) -> Slots:
        yield self.emb.weight, False
        yield self.rnn.weight_ih_l0, True
        yield self.rnn.weight_hh_l0, True
        yield from of_layer(self.hidden)
        yield from of_layer(self.out)


class Resnet(nn.Module):
    """Takes (batch, channels, steps), as PyTorch does."""

    def __init__(self, work: Work) -> None:
        super().__init__()
        c = work.cfg
        self.convs = nn.ModuleDict(
            {name: nn.Conv1d(i, o, k, stride=stride, padding=k // 2) for name, i, o, k, stride in c["convs"]}
        )
        self.out = nn.Linear(c["convs"][-1][2], c["classes"])

    def forward(self, x: Any) -> Any:
        conv = self.convs
        x = torch.relu(conv["stem"](x))
        x = x + conv["a2"](torch.relu(conv["a1"](x)))
        x = torch.relu(conv["down"](x))
        x = x + conv["b2"](torch.relu(conv["b1"](x)))
        return self.out(x.mean(dim=2))

    def slots(self) -> Slots:
        for layer in (*self.convs.values(), self.out):
            yield from of_layer(layer)


FAMILIES: dict[str, Any] = {
    "dense": Dense, "conv": Conv, "lstm": Lstm, "attention": Attention, "gru": Gru, "resnet": Resnet,
}  # fmt: skip


def model(work: Work) -> Any:
    """The model with the first parameters of the work."""
    made = FAMILIES[work.family](work)
    with torch.no_grad():
        for (p, transposed), (_, a) in zip(made.slots(), data.parameters(work), strict=True):
            p.copy_(torch.from_numpy(a.T if transposed else a))
    return made
