"""Rows of layers that move numbers, and of gates and softmax over other axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .model import Row, Tensors, Trial

Made = Callable[[Any], Any]  # torch.nn -> a module


def _row(module: str, layer: str, made: Made, *shapes: tuple[int, ...]) -> Row:
    def forward(torch: Any, x: Tensors, p: Tensors) -> Any:
        return made(torch.nn)(x["x"])

    trials = tuple(Trial(f"{{type: {layer}, name: l}}", {"x": shape}, forward) for shape in shapes)
    return Row(module, f"{{type: {layer}}}", trials=trials)


ROWS = (
    _row("Flatten", "flatten", lambda nn: nn.Flatten(), (2, 3, 4), (3, 1)),
    _row("Unflatten", "unflatten, shape: [2, 3]", lambda nn: nn.Unflatten(-1, (2, 3)), (6,), (4, 6)),
    _row("Identity", "identity", lambda nn: nn.Identity(), (5,), (2, 3)),
    _row("ChannelShuffle", "channel_shuffle, groups: 2", lambda nn: nn.ChannelShuffle(2), (4, 3, 5), (2, 2, 1)),
    _row("PixelShuffle", "pixel_shuffle, factor: 2", lambda nn: nn.PixelShuffle(2), (4, 3, 5), (8, 2, 1)),
    _row("PixelUnshuffle", "pixel_unshuffle, factor: 2", lambda nn: nn.PixelUnshuffle(2), (1, 4, 6), (3, 2, 2)),
    _row("GLU", "glu", lambda nn: nn.GLU(), (6,), (3, 2)),
    _row("Softmin", "softmin", lambda nn: nn.Softmin(dim=-1), (5,), (3, 4)),
    _row("Softmax2d", "softmax2d", lambda nn: nn.Softmax2d(), (3, 4, 5), (2, 1, 3)),
)
