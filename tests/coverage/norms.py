"""Rows of normalisations without a state; `modes` has those that keep statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Function = Callable[[Any, Any, Tensors], Any]


def _trial(layer: str, shape: tuple[int, ...], function: Function) -> Trial:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        return function(torch, x["x"], p)

    return Trial(f"{{type: {layer}, name: l}}", {"x": shape}, forward, batch=4)


def _row(module: str, layer: str, function: Function, *shapes: tuple[int, ...]) -> Row:
    return Row(module, f"{{type: {layer}}}", trials=tuple(_trial(layer, s, function) for s in shapes))


def _group(torch: Any, x: Any, p: Tensors) -> Any:
    return torch.nn.functional.group_norm(x, 2, p["l.gamma"], p["l.beta"])


def _layer(torch: Any, x: Any, p: Tensors) -> Any:
    return torch.nn.functional.layer_norm(x, x.shape[-1:], p["l.gamma"], p["l.beta"])


def _rms(torch: Any, x: Any, p: Tensors) -> Any:
    return torch.nn.functional.rms_norm(x, x.shape[-1:], p["l.gamma"], 1e-6)


def _response(torch: Any, x: Any, p: Tensors) -> Any:
    return torch.nn.functional.local_response_norm(x, 3, alpha=0.2, beta=0.6, k=1.5)


RESPONSE = "local_response_norm, size: 3, alpha: 0.2, beta: 0.6, k: 1.5"
ROWS = (
    _row("GroupNorm", "group_norm, groups: 2", _group, (4, 3, 5), (2, 2, 3)),
    _row("LayerNorm", "layer_norm", _layer, (5,), (3, 4)),
    _row("RMSNorm", "rms_norm", _rms, (5,), (3, 4)),
    _row("LocalResponseNorm", RESPONSE, _response, (5, 3, 4), (2, 2, 3)),
    _row("CrossMapLRN2d", RESPONSE, _response, (4, 3, 2), (3, 1, 5)),
)
