"""The sequence layers in PyTorch: each function gets the parameters and inputs of a spec by name, as tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional

Tensors = dict[str, Any]
Oracle = Callable[[Tensors, Tensors], Any]

# --- recurrences ---


def _module(kind: Any, p: Tensors, x: Any, *start: Any) -> Any:
    """The states of one of PyTorch's layers whose weights stand side by side as ours do."""
    units = p["U"].shape[0]
    net = kind(x.shape[-1], units, batch_first=True).double()
    zero = torch.zeros(p["U"].shape[1], dtype=torch.float64)
    hidden = torch.cat([zero[: 2 * units], p["c_n"]]) if "c_n" in p else zero
    weights = {"weight_ih_l0": p["W"].T, "weight_hh_l0": p["U"].T, "bias_ih_l0": p.get("b", zero), "bias_hh_l0": hidden}
    return torch.func.functional_call(net, weights, (x, *start))[0]


def _turned(backwards: bool, x: Any) -> Any:
    return x.flip(1) if backwards else x


def simple(backwards: bool = False, relu: bool = False, start: str = "") -> Oracle:
    """An rnn; `start` names the parameter or input that holds the state before the first step."""

    def run(p: Tensors, given: Tensors) -> Any:
        x = _turned(backwards, given["x"])
        state = () if not start else (_expanded({**p, **given}[start], x),)
        if relu:
            return _turned(backwards, _module(lambda *a, **k: torch.nn.RNN(*a, nonlinearity="relu", **k), p, x, *state))
        return _turned(backwards, _module(torch.nn.RNN, p, x, *state))

    return run


def _expanded(h: Any, x: Any) -> Any:
    return h.expand(1, len(x), -1)


def lstm(backwards: bool = False, state: str = "", cell: str = "") -> Oracle:
    def run(p: Tensors, given: Tensors) -> Any:
        x, found = _turned(backwards, given["x"]), {**p, **given}
        zero = torch.zeros(len(x), p["U"].shape[0], dtype=torch.float64)
        h, c = (_expanded(found[name] if name else zero, x) for name in (state, cell))
        return _turned(backwards, _module(torch.nn.LSTM, p, x, (h, c)))

    return run


def gru(backwards: bool = False, start: str = "") -> Oracle:
    def run(p: Tensors, given: Tensors) -> Any:
        x = _turned(backwards, given["x"])
        state = () if not start else (_expanded({**p, **given}[start], x),)
        return _turned(backwards, _module(torch.nn.GRU, p, x, *state))

    return run


def by_steps(step: Callable[[Tensors, Any, Any], Any], width: int = 1, last: int | None = None) -> Oracle:
    """States side by side, step by step; where the mask is 0 a step leaves them as they are."""

    def run(p: Tensors, given: Tensors) -> Any:
        x, units = given["x"], p["U"].shape[0]
        state = torch.zeros(len(x), width * units, dtype=torch.float64)
        made = []
        for t in range(x.shape[1]):
            new = step(p, x[:, t], state)
            state = torch.where(given["mask"][:, t, None] > 0, new, state) if "mask" in given else new
            made.append(state[:, :units] if last is None else state[:, last * units :])
        return torch.stack(made, 1)

    return run


def rnn_step(p: Tensors, x: Any, h: Any) -> Any:
    return torch.tanh(x @ p["W"] + h @ p["U"] + p["b"])


def lstm_step(p: Tensors, x: Any, state: Any) -> Any:
    """State and cell side by side; with peepholes where there are any."""
    h, c = state.chunk(2, 1)
    i, f, g, o = (x @ p["W"] + h @ p["U"] + p["b"]).chunk(4, 1)
    peep = p.get("P", torch.zeros(3, c.shape[1], dtype=torch.float64))
    i, f = torch.sigmoid(i + c * peep[0]), torch.sigmoid(f + c * peep[1])
    c = f * c + i * torch.tanh(g)
    return torch.cat([torch.sigmoid(o + c * peep[2]) * torch.tanh(c), c], 1)


def gru_step(p: Tensors, x: Any, h: Any) -> Any:
    r, z, n = (x @ p["W"] + p["b"]).chunk(3, 1)
    u, v, w = (h @ p["U"]).chunk(3, 1)
    r, z = torch.sigmoid(r + u), torch.sigmoid(z + v)
    n = torch.tanh(n + r * (w + p["c_n"]))
    return (1 - z) * n + z * h


def last_of(oracle: Oracle, place: int = -1) -> Oracle:
    return lambda p, given: oracle(p, given)[:, place]


# --- attention ---


def multi_head(heads: int, causal: bool = False, memory: str = "x", mask: str = "") -> Oracle:
    """torch.nn.functional.multi_head_attention_forward, with as many heads of keys as of queries."""

    def run(p: Tensors, given: Tensors) -> Any:
        q, k = given["x"].transpose(0, 1), given[memory].transpose(0, 1)
        d = q.shape[2]
        zero = torch.zeros(d, dtype=torch.float64)
        biases = torch.cat([p.get(name, zero) for name in ("bq", "bk", "bv")])
        ahead = torch.ones(len(q), len(k)).triu(1).bool() if causal else None
        found, _ = functional.multi_head_attention_forward(
            q, k, k, d, heads, None, biases, None, None, False, 0.0, p["Wo"].T, p.get("bo", zero),
            training=False, need_weights=False, attn_mask=ahead, use_separate_proj_weight=True,
            key_padding_mask=given[mask] == 0 if mask else None,
            q_proj_weight=p["Wq"].T, k_proj_weight=p["Wk"].T, v_proj_weight=p["Wv"].T,
        )  # fmt: skip
        return found.transpose(0, 1)

    return run


def scaled(
    heads: int,
    keys: int = 0,
    causal: bool = False,
    memory: str = "x",
    turn: bool = False,
    slopes: bool = False,
) -> Oracle:
    """torch.nn.functional.scaled_dot_product_attention between products: groups of heads, positions."""

    def run(p: Tensors, given: Tensors) -> Any:
        x, z = given["x"], given[memory]
        q, k, v = (
            (a @ p[w] + p.get(b, 0.0)).unflatten(2, (h, -1)).transpose(1, 2)
            for a, w, b, h in ((x, "Wq", "bq", heads), (z, "Wk", "bk", keys or heads), (z, "Wv", "bv", keys or heads))
        )
        q, k = (_rotated(q), _rotated(k)) if turn else (q, k)
        bias = _by_distance(heads, x.shape[1]) if slopes else None
        if bias is not None and causal:
            bias = bias.masked_fill(torch.ones(bias.shape[-2:]).triu(1).bool(), float("-inf"))
        o = functional.scaled_dot_product_attention(
            q, k, v, attn_mask=bias, is_causal=causal and bias is None, enable_gqa=bool(keys)
        )
        return o.transpose(1, 2).flatten(2) @ p["Wo"] + p.get("bo", 0.0)

    return run


def _rotated(q: Any) -> Any:
    """Pairs of columns as complex numbers, turned by their step times a frequency."""
    steps, width = q.shape[2:]
    frequency = 10000.0 ** (-torch.arange(width // 2, dtype=torch.float64) / (width // 2))
    angle = torch.arange(steps, dtype=torch.float64)[:, None] * frequency
    pairs = torch.view_as_complex(q.unflatten(3, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(3)


def _by_distance(heads: int, steps: int) -> Any:
    place = torch.arange(steps, dtype=torch.float64)
    slope = 2.0 ** (-8.0 * (torch.arange(heads, dtype=torch.float64) + 1) / heads)
    return -slope[:, None, None] * (place[:, None] - place).abs()


def bare(causal: bool = False) -> Oracle:
    def run(p: Tensors, given: Tensors) -> Any:
        q, k, v = given["queries"], given["keys"], given["values"]
        return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)

    return run


# --- lookup and positions ---


def looked_up(padding: int | None = None) -> Oracle:
    def run(p: Tensors, given: Tensors) -> Any:
        ids = given["ids"]
        rows = functional.embedding(ids, p["E"])
        return rows if padding is None else rows * (ids != padding)[..., None]

    return run


def bag(mode: str, padding: int | None = None) -> Oracle:
    def run(p: Tensors, given: Tensors) -> Any:
        return functional.embedding_bag(given["ids"], p["E"], mode=mode, padding_idx=padding)

    return run


def one_hot(rows: int) -> Oracle:
    return lambda p, given: functional.one_hot(given["ids"], rows).double() @ p["W"] + p["b"]


def waves(p: Tensors, given: Tensors) -> Any:
    x = given["x"]
    steps, width = x.shape[1:]
    angle = torch.arange(steps, dtype=torch.float64)[:, None] * 10000.0 ** (
        -torch.arange(width // 2, dtype=torch.float64) / (width // 2)
    )
    return x + torch.stack([torch.sin(angle), torch.cos(angle)], 2).flatten(1)
