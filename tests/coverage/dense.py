"""Rows of linear layers, softmax and distances."""

from __future__ import annotations

from typing import Any

from .model import Row, Tensors, Trial


def _linear(torch: Any, x: Tensors, p: Tensors) -> Any:
    return torch.nn.functional.linear(x["x"], p["l.W"].T, p["l.b"])


def _bilinear(torch: Any, x: Tensors, p: Tensors) -> Any:
    return torch.nn.functional.bilinear(x["x"], x["z"], p["l.W"], p["l.b"])


def _dense(units: int, *shape: int) -> Trial:
    return Trial(f"{{type: dense, name: l, units: {units}}}", {"x": shape}, _linear)


def _pair(units: int, *sizes: int) -> Trial:
    layer = f"{{type: bilinear, name: l, units: {units}, inputs: [x, z]}}"
    return Trial(layer, {"x": (sizes[0],), "z": (sizes[1],)}, _bilinear)


def _last(module: str, type_: str) -> Row:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        return getattr(torch.nn, module)(dim=-1)(x["x"])

    trials = tuple(Trial(f"{{type: {type_}}}", {"x": shape}, forward) for shape in ((5,), (4, 3)))
    return Row(module, f"type: {type_}", trials=trials)


ROWS = (
    Row("Linear", "type: dense", trials=(_dense(4, 3), _dense(1, 5, 2)), note="W is [in, out]"),
    Row("Bilinear", "type: bilinear", trials=(_pair(4, 3, 2), _pair(1, 1, 5))),
    _last("Softmax", "softmax"),
    _last("LogSoftmax", "log_softmax"),
)
