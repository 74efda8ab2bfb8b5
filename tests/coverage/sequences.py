"""Rows of recurrent layers, attention, transformers and tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Forward = Callable[[Any, Tensors, Tensors], Any]
SIZES = "sizes: {T: any}"


def _split_bias(p: Tensors, torch: Any, module: str) -> tuple[Any, Any]:
    """The one bias here is PyTorch's two: of the state's, only what stands inside the reset product of a GRU."""
    b = p["l.b"]
    if module != "GRU":
        return b, torch.zeros_like(b)
    return b, torch.cat([torch.zeros(2 * len(p["l.c_n"]), dtype=b.dtype), p["l.c_n"]])


def _recurrent(module: str, layer: str, last: bool = False) -> Row:
    """A layer over a sequence; as a cell (`last`) over one step."""

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        hidden = p["l.U"].shape[0]
        b, c = _split_bias(p, torch, module)
        made = getattr(torch.nn, module)(x["x"].shape[-1], hidden, batch_first=True).to(torch.float64)
        weights = {"weight_ih_l0": p["l.W"].T, "weight_hh_l0": p["l.U"].T, "bias_ih_l0": b, "bias_hh_l0": c}
        y = torch.func.functional_call(made, weights, (x["x"],))[0]
        return y[:, -1] if last else y

    keys = ", output: last" if last else ""
    lengths = (1, 1) if last else (5, 2)
    trials = tuple(
        Trial(f"{{type: {layer}, name: l, units: {units}{keys}}}", {"x": (length, inputs)}, forward)
        for length, inputs, units in zip(lengths, (3, 1), (4, 2), strict=True)
    )
    name = f"{module}Cell" if last else module
    note = "a sequence of one step; `state` gives the state before it" if last else "`repeat` stacks"
    return Row(name, f"{{type: {layer}{keys}}}", trials=trials, note=note)


def _embedding(torch: Any, x: Tensors, p: Tensors) -> Any:
    return torch.nn.functional.embedding(x["x"], p["l.E"])


def _table(layer: str, forward: Forward) -> tuple[Trial, ...]:
    made = []
    for rows, units, length in ((5, 3, 6), (2, 1, 4)):
        entry = f"{{type: {layer}, name: l, rows: {rows}, units: {units}}}"
        made.append(Trial(entry, {"x": (length,)}, forward, integer={"x": rows}))
    return tuple(made)


def attention(torch: Any, x: Any, y: Any, p: Tensors, layer: str, heads: int) -> Any:
    """``torch.nn.functional.multi_head_attention_forward`` on the weights of a layer here."""
    weights = torch.cat([p[f"{layer}.W{c}"].flatten(1).T for c in "qkv"])
    biases = torch.cat([p[f"{layer}.b{c}"].flatten() for c in "qkv"])
    size = x.shape[-1]
    q, k = x.transpose(0, 1), y.transpose(0, 1)
    out, _ = torch.nn.functional.multi_head_attention_forward(
        q, k, k, size, heads, weights, biases, None, None, False, 0.0,
        p[f"{layer}.Wo"].reshape(size, size).T, p[f"{layer}.bo"], need_weights=False,
    )  # fmt: skip
    return out.transpose(0, 1)


def _attention(heads: int, size: int, length: int) -> Trial:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        return attention(torch, x["x"], x["x"], p, "l", heads)

    return Trial(f"{{type: self_attention, name: l, heads: {heads}}}", {"x": (length, size)}, forward)


ROWS = (
    _recurrent("RNN", "rnn"),
    _recurrent("LSTM", "lstm"),
    _recurrent("GRU", "gru"),
    _recurrent("RNN", "rnn", last=True),
    _recurrent("LSTM", "lstm", last=True),
    _recurrent("GRU", "gru", last=True),
    Row("Embedding", "{type: embedding, rows: 5, units: 3}", trials=_table("embedding", _embedding)),
    Row("MultiheadAttention", "{type: self_attention, heads: 2}",
        trials=(_attention(2, 6, 5), _attention(1, 3, 2)), note="`cross_attention` reads two sequences"),
)  # fmt: skip
