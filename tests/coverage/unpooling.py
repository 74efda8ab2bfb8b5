"""Rows of unpooling: values put back at given places, each at one of its own."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .model import Row, Tensors, Trial

Sizes = tuple[int, ...]


def _distinct(count: int) -> Any:
    """Integers with as many numbers in each channel, no two of a channel equal."""

    def drawn(values: Any) -> Any:
        rng = np.random.default_rng(7)
        rows = values.reshape(len(values), -1, values.shape[-1] if values.ndim == 3 else prod(values.shape[2:]))
        found = np.stack([np.stack([rng.permutation(count)[: rows.shape[-1]] for _ in row]) for row in rows])
        return found.reshape(values.shape)

    return drawn


def _trial(dims: int, pooled: Sizes, size: int, stride: int, padding: int = 0) -> Trial:
    whole = tuple(stride * (p - 1) + size - 2 * padding for p in pooled)
    layer = f"{{type: max_unpool{dims}d, inputs: [x, place], size: {size}, stride: {stride}, padding: {padding}}}"
    shape = (2, *pooled) if dims > 1 else (*pooled, 2)

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        values, places = (a if dims > 1 else a.transpose(1, 2) for a in (x["x"], x["place"]))
        module = getattr(torch.nn, f"MaxUnpool{dims}d")(size, stride, padding)
        found = module(values, places, output_size=whole)
        return found if dims > 1 else found.transpose(1, 2)

    def drawn(values: Any) -> Any:
        turned = values if dims > 1 else values.transpose(0, 2, 1)
        made = _distinct(prod(whole))(turned)
        return made if dims > 1 else made.transpose(0, 2, 1)

    axes = "axes: {place: [time, feature]}" if dims == 1 else ""
    inputs = {"x": shape, "place": shape}
    return Trial(layer, inputs, forward, integer={"place": prod(whole)}, spec=axes, batch=2, draw={"place": drawn})


def _row(dims: int, *trials: Trial) -> Row:
    note = "the places are an input, flat as there; values at one place add up"
    return Row(f"MaxUnpool{dims}d", f"{{type: max_unpool{dims}d, size: 2}}", trials=trials, note=note)


ROWS = (
    _row(1, _trial(1, (4,), 2, 2), _trial(1, (3,), 3, 2, 1)),
    _row(2, _trial(2, (2, 3), 2, 2), _trial(2, (3, 1), 3, 2)),
    _row(3, _trial(3, (2, 1, 2), 2, 2), _trial(3, (1, 2, 2), 3, 2)),
)
