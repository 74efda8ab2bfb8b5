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


def _weights(p: Tensors, torch: Any, module: str, suffix: str) -> Tensors:
    b, c = _split_bias(p, torch, module)
    names = (f"weight_ih{suffix}", f"weight_hh{suffix}", f"bias_ih{suffix}", f"bias_hh{suffix}")
    return dict(zip(names, (p["l.W"].T, p["l.U"].T, b, c), strict=True))


def _recurrent(module: str, layer: str) -> Row:
    """A layer over a sequence."""

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        made = getattr(torch.nn, module)(x["x"].shape[-1], p["l.U"].shape[0], batch_first=True).to(torch.float64)
        return torch.func.functional_call(made, _weights(p, torch, module, "_l0"), (x["x"],))[0]

    trials = tuple(
        Trial(f"{{type: {layer}, name: l, units: {units}}}", {"x": (length, inputs)}, forward)
        for length, inputs, units in ((5, 3, 4), (2, 1, 2))
    )
    note = "`repeat` stacks, `bidirectional` goes both ways, `mask` ends sequences early"
    return Row(module, f"{{type: {layer}}}", trials=trials, note=note)


def _cell(module: str, layer: str) -> Row:
    """One step; the cell of an LSTM stands behind its state."""
    kind = f"{module}Cell"

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        made = getattr(torch.nn, kind)(x["x"].shape[-1], p["l.U"].shape[0]).to(torch.float64)
        before = tuple(x["before"].chunk(2, 1)) if module == "LSTM" else x["before"]
        behind = torch.func.functional_call(made, _weights(p, torch, module, ""), (x["x"], before))
        return torch.cat(behind, 1) if module == "LSTM" else behind

    wide = 2 if module == "LSTM" else 1
    trials = tuple(
        Trial(
            f"{{type: {layer}, name: l, inputs: [x, before], units: {units}}}",
            {"x": (inputs,), "before": (wide * units,)},
            forward,
        )
        for inputs, units in ((3, 4), (1, 2))
    )
    note = "state and cell are one input and one output, side by side" if module == "LSTM" else ""
    return Row(kind, f"{{type: {layer}, inputs: [x, before]}}", trials=trials, note=note)


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
    _cell("RNN", "rnn_cell"),
    _cell("LSTM", "lstm_cell"),
    _cell("GRU", "gru_cell"),
    Row("Embedding", "{type: embedding, rows: 5, units: 3}", trials=_table("embedding", _embedding)),
    Row("MultiheadAttention", "{type: self_attention, heads: 2}",
        trials=(_attention(2, 6, 5), _attention(1, 3, 2)), note="`cross_attention` reads two sequences"),
)  # fmt: skip
