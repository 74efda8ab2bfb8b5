"""Rows of fractional max pooling: here the places where windows start are inputs, there they follow from samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from .model import Row, Tensors, Trial

BATCH, CHANNELS = 2, 2
ORDER = {2: (1, 0), 3: (0, 1, 2)}  # which sample is that of height, width; of depth, height, width
AXES = {2: ("height", "width"), 3: ("depth", "height", "width")}


def _samples(dims: int) -> Any:
    return np.random.default_rng(3).uniform(size=(BATCH, CHANNELS, dims))


def _starts(sample: Any, size: int, pooled: int, window: int) -> Any:
    """Where the windows of an axis start, for each sample and channel."""
    step = (size - window) / (pooled - 1) if pooled > 1 else 0.0
    inside = [np.floor((k + sample) * step) - np.floor(sample * step) for k in range(pooled - 1)]
    return np.stack([*inside, np.full(sample.shape, size - window)], axis=-1).astype(int)


def _trial(size: tuple[int, ...], pooled: tuple[int, ...], window: tuple[int, ...]) -> Trial:
    dims = len(size)
    samples, names = _samples(dims), [f"at_{axis}" for axis in AXES[dims]]
    starts = {
        name: _starts(samples[..., ORDER[dims][k]], size[k], pooled[k], window[k]) for k, name in enumerate(names)
    }

    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        module = getattr(torch.nn, f"FractionalMaxPool{dims}d")
        return module(window, output_size=pooled, _random_samples=torch.tensor(samples))(x["x"])

    return Trial(
        f"{{type: fractional_max_pool{dims}d, inputs: [x, {', '.join(names)}], size: {list(window)}}}",
        {"x": (CHANNELS, *size)} | {name: (CHANNELS, n) for name, n in zip(names, pooled, strict=True)},
        forward,
        integer=dict.fromkeys(names, 1),
        spec="axes: {" + ", ".join(f"at_{axis}: [channel, {axis}]" for axis in AXES[dims]) + "}",
        batch=BATCH,
        draw={name: lambda _, name=name: starts[name] for name in names},
    )


def _row(dims: int, *trials: Trial) -> Row:
    note = "where windows start is an input: it is not drawn"
    return Row(f"FractionalMaxPool{dims}d", f"{{type: fractional_max_pool{dims}d, size: 2}}", trials=trials, note=note)


ROWS = (
    _row(2, _trial((7, 6), (4, 3), (2, 2)), _trial((5, 9), (2, 5), (3, 2))),
    _row(3, _trial((4, 5, 6), (2, 3, 3), (2, 2, 2)), _trial((4, 5, 4), (2, 2, 3), (2, 3, 1))),
)
